// The ssh that several tunnels of one client and server share: one resource, made with the first of them, which grows with each further one.
import { Aspects, dependable, type TerraformMetaArguments, type TerraformResource, TerraformStack } from 'cdktf'
import { Construct } from 'constructs'
import type { Finding } from '../schemas/finding'
import { singlesOf } from '../schemas/forward'
import { asOwn, connectionOf, type DeclaredTunnel, joinAll } from '../schemas/shared'
import type { Tunnel } from '../schemas/types'
import { Engine } from './engine'
import { makeNullResource, setDeclared } from './null-resource'
import { SshtunnelTunnel } from './sshtunnel-resources'

export interface Meta extends Pick<TerraformMetaArguments, 'dependsOn' | 'lifecycle'> {
  /** Whose somebody has said that it is. */
  readonly owner?: string
}

interface Member {
  readonly construct: Construct
  readonly tunnel: DeclaredTunnel
  readonly lifecycle: TerraformMetaArguments['lifecycle']
  /** How many forwards it has. */
  readonly size: number
}

/** Where the connections of a stack stand. */
const SCOPE = 'SharedConnections'

export class SharedConnection extends Construct {
  readonly resource: TerraformResource
  /** As it is called on the hosts. */
  readonly connectionName: string
  private readonly members: Member[] = []

  /** The connection that this tunnel says it shares, with the tunnel in it. */
  static join(construct: Construct, tunnel: DeclaredTunnel, meta: Meta): SharedConnection {
    const stack = TerraformStack.of(construct)
    const scope = (stack.node.tryFindChild(SCOPE) as Construct | undefined) ?? new Construct(stack, SCOPE)
    const engine = Engine.of(construct)
    const id = engine.kind === 'null' ? `null ${connectionOf(tunnel)}` : connectionOf(tunnel)
    const known = scope.node.tryFindChild(id) as SharedConnection | undefined
    const connection = known ?? new SharedConnection(scope, id, engine, { tunnel, meta })
    connection.add({ construct, tunnel, lifecycle: meta.lifecycle, size: singlesOf(asOwn(tunnel)).length }, meta)
    return connection
  }

  private constructor(
    scope: Construct,
    id: string,
    engine: Engine,
    { tunnel, meta }: { readonly tunnel: DeclaredTunnel; readonly meta: Meta },
  ) {
    super(scope, id)
    const joined = joinAll([tunnel])
    this.connectionName = joined.name
    if (engine.kind === 'provider') {
      const { owner: _, ...others } = meta
      this.resource = new SshtunnelTunnel(this, 'Default', { tunnel: joined, ...others })
    } else this.resource = makeNullResource(this, { type: 'tunnel', input: joined }, engine, meta)
    // When all that share it are there.
    Aspects.of(this).add({
      visit: node => {
        if (node !== this) return
        if (this.resource instanceof SshtunnelTunnel) this.resource.tunnel = this.declared
        else setDeclared(this.resource, { type: 'tunnel', input: this.declared })
      },
    })
  }

  /** All of it, as one tunnel. */
  get declared(): Tunnel {
    return joinAll(this.members.map(({ tunnel }) => tunnel))
  }

  private add(member: Member, { dependsOn = [] }: Meta): void {
    this.members.push(member)
    const all = [...(this.resource.dependsOn ?? []), ...dependsOn.map(dependable)]
    this.resource.dependsOn = all.length > 0 ? [...new Set(all)] : undefined
  }

  /** Where an attribute of a tunnel's forward stands: `ofAll` with its number for *, or where the connection has no other, `ofOne`. When all are there. */
  pathOf(construct: Construct, index: number, { ofAll, ofOne }: { readonly ofAll: string; readonly ofOne: string }) {
    const count = (members: readonly Member[]) => members.reduce((sum, { size }) => sum + size, 0)
    const before = this.members.slice(
      0,
      this.members.findIndex(one => one.construct === construct),
    )
    return count(this.members) === 1 ? ofOne : ofAll.replace('*', String(count(before) + index))
  }

  /** What its first tunnel says to Terraform of it, all have to say. */
  judge(construct: Construct): Finding[] {
    const [first] = this.members
    const own = this.members.find(one => one.construct === construct)
    if (!first || JSON.stringify(first.lifecycle) === JSON.stringify(own?.lifecycle)) return []
    const message = `${first.tunnel.name} and ${own?.tunnel.name} share one resource, which cannot have two lifecycles`
    const hint = 'say the same in both, or connection: own in one'
    return [{ path: ['lifecycle'], code: 'shared-differs', message, hint }]
  }
}
