// A destination as ssh takes it: [USER@]HOST, ssh://[USER@]HOST[:PORT], and for a jump [USER@]HOST[:PORT]. Pure.

export interface Login {
  /** As written, also an alias of ssh_config. */
  readonly host: string
  readonly user: string | null
  readonly port: number | null
}

/** Null where ssh would refuse it. `withPort` as behind -J. */
export function readLogin(text: string, withPort = false): Login | null {
  const uri = /^ssh:\/\/(?:([^@/]*)@)?(\[[^\]]+\]|[^:/@[\]]+)(?::(\d+))?\/?$/i.exec(text)
  if (uri) return toLogin(decode(uri[1]?.split(';')[0]), uri[2], uri[3])
  if (/^ssh:\/\//i.test(text)) return null
  // The user may hold an @: the last one counts.
  const at = text.lastIndexOf('@')
  const [user, rest] = at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)]
  if (!withPort) return toLogin(user, rest, undefined)
  const parts = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d+))?$/.exec(rest)
  return parts ? toLogin(user, parts[1], parts[2]) : toLogin(user, rest, undefined)
}

function toLogin(user: string | undefined, bracketed: string | undefined, port: string | undefined): Login | null {
  const host = (bracketed ?? '').replace(/^\[(.*)\]$/, '$1')
  const number = port === undefined ? null : Number(port)
  // What starts with a hyphen ssh reads as an option, and refuses since 7.2.
  if (host === '' || host.startsWith('-') || user === '' || /[\s'"`$\\;&<>|(){}]/.test(host)) return null
  // valid_ruser() of ssh.c, since 9.6; DOMAIN\user is one.
  if (user !== undefined && /^-|[\s'"`;&<>|(){}]/.test(user)) return null
  if (number !== null && (number < 1 || number > 65535)) return null
  return { host, user: user ?? null, port: number }
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}

export const writeLogin = ({ user, host, port }: Login): string => {
  const named = port !== null && host.includes(':') ? `[${host}]` : host
  return `${user === null ? '' : `${user}@`}${named}${port === null ? '' : `:${port}`}`
}
