// L2: a stack with everything that a spec says: the middles' own settings, the tunnels, and an output for each tunnel.
import { TerraformOutput, TerraformStack } from 'cdktf'
import { Construct } from 'constructs'
import { carriersOf } from '../schemas/shared'
import { terraformName } from '../schemas/terraform-name'
import type { Host as NamedHost } from '../schemas/types'
import type { Resolved } from '../spec'
import { inOrder } from '../spec/order'
import { Engine, useEngine } from './engine'
import type { Host } from './host'
import { nameResources } from './logical-ids'
import { MiddleServer } from './middle-server'
import { setPlace } from './places'
import { SshtunnelProvider } from './sshtunnel-provider'
import { Tunnel } from './tunnel'

export interface TunnelStackProps {
  /** What readSpec made of a YAML file. Default: nothing; the stack's tunnels are then made by hand. */
  readonly spec?: Resolved
  /** What makes the stack's tunnels. Default: what the spec says, else Engine.provider(). */
  readonly engine?: Engine
}

/**
 * Terraform's names are the spec's: sshtunnel_tunnel.NAME, sshtunnel_middle.HOST, and the output NAME =
 * { endpoint, far_answered, past_firewall }; without a probe { endpoint }. With the null engine: null_resource.NAME, null_resource.middle_HOST, and NAME =
 * { endpoint }; with converge: always, a null_resource.check_... for each. Sub-scopes keep a tunnel, a host and an output apart that are called alike.
 */
export class TunnelStack extends TerraformStack {
  readonly tunnels: ReadonlyMap<string, Tunnel>

  /** @throws Error when the Terraform provider is needed and not built */
  constructor(scope: Construct, id: string, { spec, engine = engineOf(spec) }: TunnelStackProps = {}) {
    super(scope, id)
    if (engine) useEngine(this, engine)
    this.tunnels = spec ? this.makeAll(spec) : new Map()
  }

  private makeAll(spec: Resolved): Map<string, Tunnel> {
    const owner = spec.owner ?? undefined
    const isNull = Engine.of(this).kind === 'null'
    // Of what has left the spec its hosts may still be there.
    if (!isNull) SshtunnelProvider.of(this).addLogins(Object.values(spec.hosts))
    const inMiddles = new Construct(this, 'Middles')
    const middles = new Map(
      spec.middles.map(({ name, host, openPorts, owner: own = owner, adopt, ...sshd }) => {
        const firewall = openPorts && { openPorts }
        const middle = new MiddleServer(inMiddles, name, { ...host, owner: own, adopt, sshd, firewall })
        setPlace(middle, spec.places?.get(`middle ${name}`))
        nameResources(middle, isNull ? `middle_${name}` : name)
        return [host.name, middle]
      }),
    )
    const sideOf = (host: NamedHost): Host | MiddleServer => middles.get(host.name) ?? host

    const [inTunnels, inOutputs] = [new Construct(this, 'Tunnels'), new Construct(this, 'Outputs')]
    const made = new Map<string, Tunnel>()
    const carrierOf = carriersOf(spec.declared)
    for (const { client, server, jumps, probeFrom, forwards, owner: own = owner, ...props } of inOrder(spec)) {
      const way = jumps && { jumps: jumps.map(sideOf) }
      const sides = {
        client: sideOf(client),
        server: sideOf(server),
        ...way,
        probeFrom: probeFrom && sideOf(probeFrom),
        forwards: forwards?.map(one => ({ ...one, probeFrom: one.probeFrom && sideOf(one.probeFrom) })),
      }
      const before = (spec.dependsOn[props.name] ?? []).flatMap(name =>
        carrierOf(name) === carrierOf(props.name) ? [] : (made.get(name) ?? []),
      )
      const order = before.length > 0 ? { dependsOn: before } : {}
      const tunnel = new Tunnel(inTunnels, props.name, { ...props, owner: own, ...sides, ...order })
      setPlace(tunnel, spec.places?.get(`tunnel ${props.name}`))
      const { sharedConnection } = tunnel
      if (sharedConnection) setPlace(sharedConnection, spec.places?.get(`tunnel ${sharedConnection.connectionName}`))
      nameResources(sharedConnection ?? tunnel, sharedConnection?.connectionName ?? props.name)
      const { endpoint } = tunnel
      const isProved = !isNull && props.probe !== 'none' && props.enabled !== false
      const proof = isProved ? { far_answered: tunnel.farAnswered, past_firewall: tunnel.pastFirewall } : {}
      const value = { endpoint, ...proof }
      new TerraformOutput(inOutputs, terraformName(props.name) ?? props.name, { value, staticId: true })
      made.set(props.name, tunnel)
    }
    return new Map(
      spec.declared.flatMap(({ name }) => {
        const tunnel = made.get(name)
        return tunnel ? [[name, tunnel] as const] : []
      }),
    )
  }
}

function engineOf(spec: Resolved | undefined): Engine | undefined {
  if (!spec) return undefined
  return spec.engine === 'null' ? Engine.null({ converge: spec.converge }) : Engine.provider()
}
