// Where what we make stands on a host, and what it is called there.
import { isUsers } from '../../schemas/as-user'
import { unitOf as unitOfTunnel } from '../../schemas/describe-tunnel'
import type { Host } from '../../schemas/types'
import { hostsOwn } from './mark'

export { accountOf, tunnelOfAccount } from '../../schemas/describe-tunnel'

export const root = '/etc/ssh-tunnels'
/** Of a client without root; ~ is the home of who logs in, which only the host knows. */
const home = '~/.ssh-tunnels'
/** The folder of one tunnel's files on the host. */
export const folderOf = (name: string, host: Pick<Host, 'supervisor'> = {}) => `${isUsers(host) ? home : root}/${name}`
/** What ssh goes by at jump hosts. */
export const sshConfigOf = (name: string, host: Pick<Host, 'supervisor'> = {}) => `${folderOf(name, host)}/ssh_config`
export const middleFolder = folderOf(hostsOwn)
export const unitOf = (tunnel: string) => unitOfTunnel({ name: tunnel })
export const unitPath = (unit: string) => `/etc/systemd/system/${unit}`
export const userUnitPath = (unit: string) => `~/.config/systemd/user/${unit}`
/** sshd reads drop-ins in the order of their names, and the first value wins: sort before a vendor's 50-*.conf. */
export const dropInOf = (tunnel: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${tunnel}.conf`
export const middleDropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels.conf'
/** Scripts of OpenRC and sysvinit, which are called as the unit would be, without its end. */
export const initScript = (unit: string) => `/etc/init.d/${nameWithout(unit)}`
/** Without an init the script stands with the tunnel's other files. */
export const ownScript = (unit: string) => `${folderOf(tunnelOfUnit(unit))}/service`
export const tunnelOfUnit = (unit: string) => nameWithout(unit).replace(/^tunnel-/, '')
export const nameWithout = (unit: string) => unit.replace(/\.service$/, '')
