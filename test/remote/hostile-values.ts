// What a user may write where: texts that would be more than text, put into every place of a tunnel and a middle, and what comes of those that pass.
import fc from 'fast-check'
import { openingsFor, ruleLine } from '../../engine/parts/firewall/opening'
import { deriveMiddle } from '../../engine/wish/middle'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { findMistakes } from '../../schemas/find-mistakes'
import type { Middle, Tunnel } from '../../schemas/types'
import { allKnown } from '../../schemas/unknown'
import { hostile } from '../hostile-text'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
const near = { name: 'near', address: '198.51.100.10' }
const middle = { name: 'middle', address: '203.0.113.20', hostKey: key }
const tunnel: Tunnel = {
  name: 'web',
  owner: 'me',
  forward: 'remote',
  listen: '203.0.113.20:8080',
  far: 'far:80',
  client: near,
  server: middle,
}
const host = { ...middle, user: 'admin', become: 'sudo' } as const

type Place = (text: string) => { readonly tunnel: Tunnel } | { readonly middle: Middle }

/** Where a user, or another resource of Terraform's, may bring a text in: alone and at either end of what would pass. */
const places: readonly Place[] = [
  name => ({ tunnel: { ...tunnel, name } }),
  owner => ({ tunnel: { ...tunnel, owner } }),
  owner => ({ tunnel: { ...tunnel, owner: `me${owner}` } }),
  listen => ({ tunnel: { ...tunnel, listen } }),
  listen => ({ tunnel: { ...tunnel, listen: `203.0.113.20:8080${listen}` } }),
  port => ({ tunnel: { ...tunnel, listen: `203.0.113.20:${port}` } }),
  far => ({ tunnel: { ...tunnel, far } }),
  far => ({ tunnel: { ...tunnel, far: `${far}:80` } }),
  far => ({ tunnel: { ...tunnel, far: `far${far}:80`, forward: 'local', listen: '127.0.0.1:80' } }),
  from => ({ tunnel: { ...tunnel, allowFrom: ['192.0.2.1', from] } }),
  from => ({ tunnel: { ...tunnel, allowFrom: [`192.0.2.0/24${from}`] } }),
  name => ({ tunnel: { ...tunnel, client: { ...near, name } } }),
  address => ({ tunnel: { ...tunnel, client: { ...near, address } } }),
  address => ({ tunnel: { ...tunnel, server: { ...middle, address } } }),
  address => ({ tunnel: { ...tunnel, server: { ...middle, address: `middle${address}` } } }),
  user => ({ tunnel: { ...tunnel, server: { ...middle, user: `root${user}` } } }),
  hostKey => ({ tunnel: { ...tunnel, server: { ...middle, hostKey: `${key} ${hostKey}` } } }),
  hostKey => ({ tunnel: { ...tunnel, server: { ...middle, hostKey: `${key}${hostKey}` } } }),
  identityFile => ({ tunnel: { ...tunnel, client: { ...near, identityFile } } }),
  value => ({ middle: { name: 'middle', host, extra: { VersionAddendum: [value] } } }),
  value => ({ middle: { name: 'middle', host, extra: { AcceptEnv: [`LANG ${value}`] } } }),
  keyword => ({ middle: { name: 'middle', host, extra: { [keyword]: ['no'] } } }),
  keyword => ({ middle: { name: 'middle', host, extra: { [`AcceptEnv${keyword}`]: ['LANG'] } } }),
  user => ({ middle: { name: 'middle', host, allowUsers: [user] } }),
  user => ({ middle: { name: 'middle', host, allowUsers: [`deploy@${user}`] } }),
  value => ({ middle: { name: 'middle', host, perSourcePenalties: `authfail:5s${value}` } }),
  value => ({ middle: { name: 'middle', host, maxStartups: `10${value}` } }),
  address => ({ middle: { name: 'middle', host, openPorts: [{ port: 80, address }] } }),
  from => ({ middle: { name: 'middle', host, openPorts: [{ port: 80, from: [`10.0.0.0/8${from}`] }] } }),
]

/** What stands in each file of hosts for the texts that validation has let through; each of them once. */
export interface Files {
  readonly units: Set<string>
  readonly dropIns: Set<string>
  readonly ownDropIns: Set<string>
  readonly keyLines: Set<string>
  readonly rules: Set<string>
}

/** Each text at one place. Throws where validation throws, or has no words for what it refuses. */
export function putInPlaces(texts: readonly string[]): { readonly files: Files; readonly passed: number } {
  const [units, dropIns, ownDropIns, keyLines, rules] = [1, 2, 3, 4, 5].map(() => new Set<string>()) as [
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
    Set<string>,
  ]
  let passed = 0
  for (const [index, text] of texts.entries()) {
    const made = (places[index % places.length] as Place)(text)
    const type = 'tunnel' in made ? 'tunnel' : 'middle'
    const input = 'tunnel' in made ? made.tunnel : made.middle
    const mistakes = findMistakes(type, input, allKnown)
    if (mistakes.some(({ code, message }) => !code || !message)) throw new Error(`no words for ${JSON.stringify(text)}`)
    if (mistakes.length > 0) continue
    passed++
    const { placed } =
      'tunnel' in made ? deriveTunnel(made.tunnel, { publicKey: key, serverHostKey: key }) : deriveMiddle(made.middle)
    for (const one of placed) {
      if (one.kind === 'service') units.add(one.at.text)
      // Open ports alone are no setting of sshd's.
      if (one.kind === 'sshd' && one.want) ('tunnel' in made ? dropIns : ownDropIns).add(one.at.text)
      if (one.kind === 'authorized-key' && one.want)
        keyLines.add(`${String(one.want.options)} ${String(one.want.publicKey)}\n`)
      if (one.kind === 'firewall') {
        const chain = { family: 'inet', table: 'filter', chain: 'input', by: 'nftables' } as const
        for (const opening of one.at.asks.flatMap(ask => openingsFor(ask, 'inet')))
          rules.add(ruleLine(chain, opening, one.at.tag))
      }
    }
  }
  return { files: { units, dropIns, ownDropIns, keyLines, rules }, passed }
}

export const hostileTexts = (count: number, seed: number): string[] => fc.sample(hostile, { numRuns: count, seed })
