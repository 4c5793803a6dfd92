// Where the sockets of tunnels may be: the folder that a deploy makes for them, and what a unit does not see. Pure.

/** On a disk, so that it is there after a boot on every host. */
export const socketRoot = '/var/lib/ssh-tunnels-sockets'
export const socketFolderOf = (tunnel: string): string => `${socketRoot}/${tunnel}`

/** That of these in which a path is, of whatever tunnel; null for a folder of somebody else's. */
export const ownFolderOf = (path: string): string | null => {
  const [, tunnel] = new RegExp(`^${socketRoot}/([^/]+)/.`).exec(path) ?? []
  return tunnel === undefined ? null : socketFolderOf(tunnel)
}

export const isUnder = (path: string, folder: string): boolean => path.startsWith(`${folder}/`)

/** In their place the unit that runs ssh has empty ones of its own (PrivateTmp, ProtectHome in systemd.exec(5)). */
const hidden = ['/tmp', '/var/tmp', '/home', '/root', '/run/user']

/** The folder on account of which ssh would not see the path; null for none. */
export const hiddenFromUnits = (path: string): string | null => hidden.find(folder => isUnder(path, folder)) ?? null

/** Who may connect where nothing is said: root, and the tunnel's own account. */
export const usualSocketMode = '0600'

interface Listens {
  readonly type: 'local' | 'remote' | 'dynamic'
  readonly listen: { readonly kind: 'tcp' | 'socket' }
}

/** What ssh has to be told where it listens on sockets itself: who may connect, and that what a killed one has left is in nobody's way. */
export const socketOptions = (forwards: readonly Listens[], mode?: string): Readonly<Record<string, string>> =>
  forwards.some(({ type, listen }) => type === 'local' && listen.kind === 'socket')
    ? { StreamLocalBindMask: maskOf(mode), StreamLocalBindUnlink: 'yes' }
    : {}

/** As StreamLocalBindMask of ssh_config(5) and sshd_config(5): the bits that are taken away. */
export const maskOf = (mode: string = usualSocketMode): string =>
  `0${(0o777 & ~Number.parseInt(mode, 8)).toString(8).padStart(3, '0')}`
