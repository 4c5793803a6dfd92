// Middle as the guard finds it: what stands there, who gets in, and that after a change that was undone nothing is in the way of another.
import { fingerprint, type Lab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'

/** What the guard may leave. */
export const left = 'ls -A /var/lib/ssh-tunnels 2>/dev/null; systemctl list-units --all --no-legend "ssh-tunnels-undo*"'

/** What only the login itself tells: nothing that a look knows of. */
export const unforeseen = { extra: { Ciphers: '3des-cbc' } }

export interface GuardedHost {
  readonly line: CommandLine
  /** As it stood at first. */
  readonly before: string
  standing(): Promise<string>
  /** Who the controller's key logs in as; empty for nobody. */
  login(): Promise<string>
  /** The spec tunnels.yaml, of middle alone. */
  write(settings: object): void
  /** Another change is made and taken back. */
  goOn(): Promise<void>
}

export async function makeGuardedHost(lab: Lab): Promise<GuardedHost> {
  const line = makeCommandLine(lab)
  const { middle } = lab.hosts
  const standing = async () => `${await fingerprint(middle)}\n${await middle.sh(left)}`
  const before = await standing()
  const login = async () => (await lab.run('controller', [...lab.ssh('middle'), 'id -un'])).stdout.trim()
  const write = (settings: object) =>
    line.write('tunnels.yaml', { owner: 'me', hosts: { middle: { ...line.hostOf('middle'), ...settings } } })
  return {
    line,
    before,
    standing,
    login,
    write,
    async goOn() {
      expect(await login()).toBe('root')
      write({ sshd: { clientAliveInterval: 45 } })
      expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
      expect(await middle.sh(left)).toBe('')
      expect((await line.run('destroy', 'tunnels.yaml')).code).toBe(0)
      expect(await standing()).toBe(before)
    },
  }
}
