// The Terraform provider: two resources, one adapter.
import { closeAll, stop } from '../engine'
import { adapt } from './adapter'
import { beginForesight } from './foresight'
import { withLabels } from './labels'
import { useLogins } from './logins'
import { useOwner } from './owner'
import { sayingWhere, usePlaces } from './places'
import { type Provider, serve } from './plugin'
import { middleTerraform, providerTerraform, tunnelTerraform } from './schema'

export const provider: Provider = {
  schema: providerTerraform,
  configure: ({ logins, owner, places }) => {
    useLogins(logins)
    useOwner(owner)
    usePlaces(places)
    beginForesight()
    return []
  },
  resources: {
    sshtunnel_tunnel: sayingWhere(
      'tunnel',
      withLabels(
        adapt({
          type: 'tunnel',
          schema: tunnelTerraform,
          replacing: ['name', 'owner'],
          sides: ['client', 'server'],
        }),
      ),
    ),
    sshtunnel_middle: sayingWhere(
      'middle',
      adapt({ type: 'middle', schema: middleTerraform, replacing: ['owner'], sides: ['host'] }),
    ),
  },
  stop,
  close: async () => closeAll(),
}

if (require.main === module) void serve(provider)
