// Where what we make stands on a host, and what it is called there.

export const root = '/etc/ssh-tunnels'
/** The folder of one tunnel's files; a middle's own is `_host`, which no tunnel can be called. */
export const folderOf = (name: string) => `${root}/${name}`
export const middleFolder = folderOf('_host')
export const accountOf = (tunnel: string) => `tun-${tunnel}`
export const unitOf = (tunnel: string) => `tunnel-${tunnel}.service`
export const unitPath = (unit: string) => `/etc/systemd/system/${unit}`
/** sshd reads drop-ins in the order of their names, and the first value wins: sort before a vendor's 50-*.conf. */
export const dropInOf = (tunnel: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${tunnel}.conf`
export const middleDropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels.conf'
export const headerStart = '# Made by cdktf-ssh-tunnels'
/** The first line of every file that we write. */
export const header = (what: string, owner: string) =>
  `${headerStart} for ${what} of ${owner}; the next deploy puts changes back.\n`
