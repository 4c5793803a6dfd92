// The names that may be completed: in the spec on the line, in ssh's own files, and of what is open. No host is asked.
import { leadsTo } from '../../schemas/dynamic'
import { singlesOf } from '../../schemas/forward'
import type { Tunnel } from '../../schemas/types'
import { readSpec } from '../../spec'
import { forwardingHosts, hostNames, readConfig } from '../../spec/from-ssh'
import { includeFiles, readText, underHome } from '../here'
import { allOpened } from '../open-state'

export interface Candidate {
  readonly word: string
  /** What shells show beside it. */
  readonly says: string
}

export const isSpec = (word: string): boolean => /\.(ya?ml|json)$/.test(word)

/** Of the first spec that the line names and that can be read; of none, the one that init would write here. */
export function namesIn(words: readonly string[], what: 'tunnels' | 'hosts'): Candidate[] {
  const named = words.filter(isSpec)
  for (const word of named.length > 0 ? named : ['tunnels.yaml']) {
    try {
      const { declared, hosts } = readSpec(underHome(word))
      return what === 'tunnels'
        ? declared.map(one => ({ word: one.name, says: waysOf(one) }))
        : Object.values(hosts).map(({ name, address }) => ({ word: name, says: address ?? 'this machine' }))
    } catch {
      // What cannot be read has no names; validate says why.
    }
  }
  return []
}

const waysOf = (tunnel: Tunnel): string =>
  singlesOf(tunnel)
    .map(single => `${single.listen} -> ${leadsTo(single)}`)
    .join(', ')

/** Host names of an ssh_config, those alone that forward something or all. */
export function namesOfConfig(path: string, which: 'forwarding' | 'all'): Candidate[] {
  const text = readText(path)
  if (text === null) return []
  const config = readConfig({ name: path, text }, includeFiles)
  const names = which === 'all' ? hostNames(config) : forwardingHosts(config)
  return names.map(word => ({ word, says: `Host of ${path}` }))
}

/** Where ssh can go: hosts of its configuration, and those of known_hosts that are readable there. */
export function destinations(): Candidate[] {
  const known = (readText('~/.ssh/known_hosts') ?? '').split('\n').flatMap(line => {
    const [first = '', second = ''] = line.trim().split(/\s+/)
    const names = first.startsWith('@') ? (first === '@revoked' ? '' : second) : first
    return names.split(',').filter(name => /^[\w.:-]+$/.test(name))
  })
  return [
    ...namesOfConfig('~/.ssh/config', 'all'),
    ...namesOfConfig('/etc/ssh/ssh_config', 'all'),
    ...known.map(word => ({ word, says: 'known_hosts' })),
  ]
}

/** USER@ stands before each, where it has been typed. */
export function behindUser(current: string, all: readonly Candidate[]): Candidate[] {
  const user = /^[^@]*@/.exec(current)?.[0] ?? ''
  return all.map(one => ({ ...one, word: `${user}${one.word}` }))
}

export const opened = (): Candidate[] =>
  allOpened().map(({ name, listens }) => ({ word: name, says: `listens on ${listens.join(', ')}` }))
