// sshd's effective values for each tunnel's account: from sshd itself, or from our drop-ins where no other Match block can say anything.
import { isDeepStrictEqual } from 'node:util'
import { accountOf } from '../parts/paths'
import type { HostFile, Snapshot } from '../parts/snapshot'
import type { Records } from './records'

type Values = Snapshot['sshd'][string]

/** `sshd -T`: `keyword value`; a keyword that stands more than once has its values joined. */
export function effectiveFrom(text: string): Values {
  const values: Record<string, string> = {}
  for (const line of text.split('\n').filter(Boolean)) {
    const space = line.indexOf(' ')
    const keyword = line.slice(0, space)
    const value = line.slice(space + 1)
    values[keyword] = keyword in values ? `${values[keyword]} ${value}` : value
  }
  return values
}

/** By account, what each drop-in's own Match block says: there the first value of a keyword wins (sshd_config(5)). */
export function readDropIns(files: ReadonlyMap<string, HostFile>): Record<string, Values> {
  const read: Record<string, Values> = {}
  for (const [path, { text }] of files) {
    const name = /^\/etc\/ssh\/sshd_config\.d\/10-ssh-tunnels-(.+)\.conf$/.exec(path)?.[1]
    if (name === undefined) continue
    const values: Record<string, string> = {}
    let inside = false
    for (const line of text.split('\n')) {
      const [, keyword = '', rest = ''] = /^([^\s="]+)[\s=]*(.*)$/.exec(line.replace(/\s#.*/, '').trim()) ?? []
      if (keyword.toLowerCase() === 'match') inside = true
      else if (inside && keyword && !keyword.startsWith('#')) {
        values[keyword.toLowerCase()] ??= rest
          .split(/[\s"]+/)
          .filter(Boolean)
          .join(' ')
      }
    }
    read[accountOf(name)] = values
  }
  return read
}

/** Whether sshd says of the one tunnel that it was asked about what its drop-in says. An answer that is no answer is none of its. */
export function trustsDropIns(records: Records): boolean {
  if (records.all('plainsshd').length === 0 || records.one('sshderror').trim() !== '') return true
  const read = readDropIns(records.files)
  const told = records.all('effective').flatMap(({ name, value }) => {
    const said = read[name]
    return said ? [{ said, effective: effectiveFrom(value) }] : []
  })
  if (told.length === 0) return Object.keys(read).length === 0
  return told.every(
    ({ said, effective }) =>
      'allowtcpforwarding' in effective &&
      Object.entries(effective).every(([keyword, one]) => !(keyword in said) || isDeepStrictEqual(said[keyword], one)),
  )
}
