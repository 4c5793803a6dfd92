// A login on the command line, as one says it to ssh: [USER@]ADDRESS[:PORT], IPv6 in brackets.
import type { Host } from '../schemas/types'

/** Null for what is none. The user is root where none is named, as in a spec. */
export function readLogin(text: string): Host | null {
  const [, user, bracketed, plain, port] =
    /^(?:([^@\s]+)@)?(?:\[([\da-f:.]+)\]|([^[\]:@\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const address = bracketed ?? plain
  if (address === undefined || Number(port ?? 22) > 65535) return null
  return { name: address, address, ...(user && { user }), ...(port && { port: Number(port) }) }
}

const ways = ['user', 'become', 'identityFile', 'knownHosts', 'proxyCommand'] as const

/** The same, reached as all others are where they agree and the login itself does not say. */
export function likeOthers(login: Host, others: readonly Host[]): Host {
  const remote = others.filter(({ local }) => !local)
  const [first] = remote
  const common = ways.filter(way => first?.[way] !== undefined && remote.every(host => host[way] === first[way]))
  return { ...Object.fromEntries(common.map(way => [way, first?.[way]])), ...login }
}

export const formatLogin = ({ address, port }: { readonly address: string; readonly port: number }): string => {
  const host = address.includes(':') ? `[${address}]` : address
  return port === 22 ? host : `${host}:${port}`
}
