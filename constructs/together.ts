// What the tunnels and middle servers of one stack have to do with each other: whose settings come first, and what clashes.
import {
  Aspects,
  DefaultTokenResolver,
  dependable,
  StringConcat,
  type TerraformResource,
  TerraformStack,
  Tokenization,
} from 'cdktf'
import type { Construct } from 'constructs'
import { checkTogether } from '../schemas/check-together'
import type { Clash } from '../schemas/clash'
import type { Finding } from '../schemas/finding'
import { hostsOfTunnel } from '../schemas/jumps'
import { machineText } from '../schemas/machine'
import type { DeclaredTunnel } from '../schemas/shared'
import type { Host, Middle, Tunnel } from '../schemas/types'
import { allKnown } from '../schemas/unknown'
import { placeOf } from './places'
import { isUnknown } from './unknown'

interface Member<Declared> {
  readonly construct: Construct
  readonly declared: Declared
  readonly resource: TerraformResource
}

interface Together {
  readonly tunnels: Member<DeclaredTunnel>[]
  readonly middles: Member<Middle>[]
  /** Of all middle servers, also those without settings. */
  readonly hosts: Host[]
  /** Until a member comes. */
  clashes?: readonly Clash[]
}

const stacks = new WeakMap<TerraformStack, Together>()

function togetherOf(construct: Construct): Together {
  const stack = TerraformStack.of(construct)
  const together = stacks.get(stack) ?? { tunnels: [], middles: [], hosts: [] }
  stacks.set(stack, together)
  return together
}

/** What is known at synthesis as it is, in plain data without empty values; all else as Terraform's expressions, ${...}. */
export function resolvePlain<Value>(construct: Construct, value: Value): Value {
  const resolver = new DefaultTokenResolver(new StringConcat())
  return withoutNull(Tokenization.resolve(value, { scope: construct, resolver, preparing: false })) as Value
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null)
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNull(inner)]))
}

/** The settings of a machine come before its tunnels, also where a tunnel names it by a Host of its own. */
export function joinTunnel(member: Member<DeclaredTunnel>): void {
  const together = togetherOf(member.construct)
  together.tunnels.push(member)
  together.clashes = undefined
  Aspects.of(member.construct).add({
    visit: node => {
      if (node === member.construct) waitForSettings(member, together.middles)
    },
  })
}

export function joinMiddle(member: Member<Middle>): void {
  const together = togetherOf(member.construct)
  together.middles.push(member)
  together.clashes = undefined
}

export function joinHost(construct: Construct, host: Host): void {
  togetherOf(construct).hosts.push(host)
}

function waitForSettings({ construct, declared, resource }: Member<Tunnel>, middles: readonly Member<Middle>[]): void {
  const textOf = (host: Tunnel['client']) => machineText(resolvePlain(construct, host), allKnown)
  const nameOf = (one: TerraformResource) => resolvePlain(construct, dependable(one))
  const sides = hostsOfTunnel(declared)
    .map(textOf)
    .filter(side => side !== null)
  for (const { declared: middle, resource: settings } of middles) {
    const before = resolvePlain(construct, resource.dependsOn ?? [])
    const after = resolvePlain(construct, settings.dependsOn ?? [])
    const isKnown = before.includes(nameOf(settings)) || after.includes(nameOf(resource))
    if (isKnown || !sides.some(side => side === textOf(middle.host))) continue
    resource.dependsOn = [...(resource.dependsOn ?? []), dependable(settings)]
  }
}

/** What clashes with this tunnel or middle of those that were made before it. */
export function clashesOf(construct: Construct): Finding[] {
  const together = togetherOf(construct)
  const { tunnels, middles, hosts } = together
  // An address that is not known yet says which machine it is where it is a middle server's.
  const own = hosts.map(({ address = '' }) => resolvePlain(construct, address)).filter(isUnknown)
  const isNobodys = (text: string) => isUnknown(own.reduce((left, address) => left.replaceAll(address, ''), text))
  const plain = <Declared>(members: readonly Member<Declared>[]) =>
    members.map(member => resolvePlain(member.construct, member.declared))
  together.clashes ??= checkTogether({ tunnels: plain(tunnels), middles: plain(middles) }, { isUnknown: isNobodys })
  return together.clashes.flatMap(({ type, first, second, path = [], beside: _, hint, ...clash }) => {
    const members = type === 'tunnels' ? tunnels : middles
    const other = members[first]?.construct
    if (members[second]?.construct !== construct || !other) return []
    const where = other === construct ? '' : `; the other is ${placeOf(other) ?? other.node.path}`
    return [{ ...clash, path, hint: `${hint}${where}` }]
  })
}
