// The Terraform provider: two resources, one adapter.
import { stopBatches } from '../engine/batch'
import { closeAll } from '../engine/host/pool'
import { adapt } from './adapter'
import { type Provider, serve } from './plugin'
import { middleTerraform, tunnelTerraform } from './schema'

/** Another name, owner, direction or machine is another tunnel: the old one is removed where it stands. */
const machine = (side: string) =>
  [
    [side, 'address'],
    [side, 'local'],
  ] as const

export const provider: Provider = {
  resources: {
    sshtunnel_tunnel: adapt({
      type: 'tunnel',
      schema: tunnelTerraform,
      replacing: [['name'], ['owner'], ['forward'], ...machine('client'), ...machine('server')],
    }),
    sshtunnel_middle: adapt({ type: 'middle', schema: middleTerraform, replacing: [['owner'], ...machine('host')] }),
  },
  stop: stopBatches,
  close: async () => closeAll(),
}

if (require.main === module) void serve(provider)
