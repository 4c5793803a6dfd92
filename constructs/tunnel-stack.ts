// L2: a stack with everything that a spec says: the middles' own settings, the tunnels, and an output for each tunnel.
import { TerraformOutput, TerraformStack } from 'cdktf'
import { Construct } from 'constructs'
import type { Host as NamedHost } from '../schemas/types'
import type { Resolved } from '../spec'
import type { Host } from './host'
import { MiddleServer } from './middle-server'
import { Tunnel } from './tunnel'

export interface TunnelStackProps {
  /** What readSpec made of a YAML file. Default: nothing; the stack's tunnels are then made by hand. */
  readonly spec?: Resolved
}

/**
 * Terraform's names are the spec's: sshtunnel_tunnel.NAME, sshtunnel_middle.HOST, and the output NAME =
 * { endpoint, far_answered }. Sub-scopes keep a tunnel, a host and an output apart that are called alike.
 */
export class TunnelStack extends TerraformStack {
  readonly tunnels: ReadonlyMap<string, Tunnel>

  /** @throws Error when the Terraform provider is not built */
  constructor(scope: Construct, id: string, { spec }: TunnelStackProps = {}) {
    super(scope, id)
    this.tunnels = spec ? this.makeAll(spec) : new Map()
  }

  private makeAll(spec: Resolved): Map<string, Tunnel> {
    const owner = spec.owner ?? undefined
    const inMiddles = new Construct(this, 'Middles')
    const middles = new Map(
      spec.middles.map(({ name, host, openPorts, owner: own = owner, ...sshd }) => {
        const firewall = openPorts && { openPorts }
        const middle = new MiddleServer(inMiddles, name, { ...host, owner: own, sshd, firewall })
        middle.resource?.overrideLogicalId(name)
        return [host.name, middle]
      }),
    )
    const sideOf = (host: NamedHost): Host | MiddleServer => middles.get(host.name) ?? host

    const [inTunnels, inOutputs] = [new Construct(this, 'Tunnels'), new Construct(this, 'Outputs')]
    return new Map(
      spec.tunnels.map(({ client, server, owner: own = owner, ...props }) => {
        const sides = { client: sideOf(client), server: sideOf(server) }
        const tunnel = new Tunnel(inTunnels, props.name, { ...props, owner: own, ...sides })
        tunnel.resource.overrideLogicalId(props.name)
        const value = { endpoint: tunnel.endpoint, far_answered: tunnel.farAnswered }
        new TerraformOutput(inOutputs, props.name, { value, staticId: true })
        return [props.name, tunnel]
      }),
    )
  }
}
