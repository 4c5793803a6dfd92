// The mark: the first lines of every file that we write say what it is for, whose it is, and what we need to know of it again.
//
//   # Made by cdktf-ssh-tunnels for tunnel web of shop; the next deploy puts changes back.
//   # command ssh -N -R 203.0.113.20:8080:far:80 tun-web@203.0.113.20
//
// Rules and accounts, which have one short comment, carry `ssh-tunnels NAME OWNER` and `ssh-tunnels OWNER`.

const start = '# Made by cdktf-ssh-tunnels'

/** `handed`: which side of the tunnel is not ours, and how it is called: its owner has something of the tunnel too. */
export type Note = 'asks' | 'client' | 'command' | 'every' | 'handed' | 'hook' | 'listens' | 'server'

export interface Mark {
  /** The tunnel's name; null for a host's own settings. */
  readonly tunnel: string | null
  readonly owner: string
  readonly notes: Readonly<Partial<Record<Note, string>>>
}

export function writeMark({ tunnel, owner, notes }: Mark): string {
  const lines = Object.entries(notes).flatMap(([note, value]) => (value ? [`# ${note} ${value}\n`] : []))
  return `${start} for ${tunnel === null ? 'this host' : `tunnel ${tunnel}`} of ${owner}; the next deploy puts changes back.\n${lines.join('')}`
}

const firstLine = new RegExp(`^${start} for (?:tunnel (\\S+)|this host) of (\\S+);`)

/** Null for a text that is not marked as ours, or whose mark somebody has spoilt. */
export function readMark(text: string): Mark | null {
  const [first = '', ...rest] = withoutShebang(text).split('\n')
  const match = firstLine.exec(first)
  if (!match?.[2]) return null
  const end = rest.findIndex(line => !line.startsWith('# '))
  const notes = rest.slice(0, end < 0 ? undefined : end).flatMap(line => {
    const [, note, value] = /^# (asks|client|command|every|handed|hook|listens|server) (.+)$/.exec(line) ?? []
    return note && value ? [[note, value]] : []
  })
  return { tunnel: match[1] ?? null, owner: match[2], notes: Object.fromEntries(notes) }
}

/** Whether the text begins as ours do, even if its mark is spoilt. */
export const isMarked = (text: string): boolean => withoutShebang(text).startsWith(start)

/** Of a script the first line names who runs it. */
const withoutShebang = (text: string): string => text.replace(/^#!.*\n/, '')

/** What stands for a host's own settings where others have their tunnel's name; no tunnel can be called so. */
export const hostsOwn = '_host'

export const accountMark = (owner: string): string => `ssh-tunnels ${owner}`

/** Empty for an account of somebody else: no owner of ours is ever empty. */
export const ownerOfAccount = (comment: string): string => /^ssh-tunnels (.*)$/.exec(comment)?.[1] ?? ''

export const ruleMark = (name: string, owner: string): string => `ssh-tunnels ${name} ${owner}`

export function readRuleMark(comment: string): { readonly name: string; readonly owner: string } | null {
  const [, name, owner] = /^ssh-tunnels (\S+) (\S+)$/.exec(comment) ?? []
  return name && owner ? { name, owner } : null
}

/** The mark in the text of nftables rules, such as our kept file. */
export const ownerOfRules = (text: string): string | undefined => / comment "ssh-tunnels \S+ (\S+)"/.exec(text)?.[1]
