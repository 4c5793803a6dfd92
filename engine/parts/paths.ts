// Where what we make stands on a host, and what it is called there.
import { hostsOwn } from './mark'

export const root = '/etc/ssh-tunnels'
/** The folder of one tunnel's files. */
export const folderOf = (name: string) => `${root}/${name}`
export const middleFolder = folderOf(hostsOwn)
export const accountOf = (tunnel: string) => `tun-${tunnel}`
export const unitOf = (tunnel: string) => `tunnel-${tunnel}.service`
export const unitPath = (unit: string) => `/etc/systemd/system/${unit}`
/** sshd reads drop-ins in the order of their names, and the first value wins: sort before a vendor's 50-*.conf. */
export const dropInOf = (tunnel: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${tunnel}.conf`
export const middleDropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels.conf'
