// One host of a lab: booting it, and reaching into it without SSH, so also when it has locked everybody out.
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CommandOptions, command, must, type Result, start, waitFor } from './command'
import { type ImageName, images } from './images'
import { hostKeyOf } from './keys'
import { supervisorOf } from './remove-lab'
import { hostFolder, imageOf, type LabState, netnsOf, rootOf } from './state'
import { type AnyHost, type HostName, spotOf } from './topology'

export interface LabHost<Name extends AnyHost = HostName> {
  readonly name: Name
  readonly address: string
  /** The same by IPv6. */
  readonly address6: string
  readonly image: ImageName
  /** 'ssh-ed25519 AAAA...' */
  readonly hostKey: string
  isUp(): boolean
  /** Runs a shell text as root inside, without SSH. Never throws on a non-zero status. */
  exec(shellText: string, input?: string): Promise<Result>
  /** As exec, but throws on a non-zero status; resolves to what was printed, trimmed. */
  sh(shellText: string): Promise<string>
  /** A clean reboot; resolves when sshd answers again. Firewall rules, addresses and shape() go, as with a real machine. */
  reboot(): Promise<void>
  /** The same after the power was cut: nothing on it has a chance to end. */
  powerCycle(): Promise<void>
  killUnit(unit: string, signal: NodeJS.Signals): Promise<void>
  /** Makes the folders above it too. */
  writeFile(path: string, text: string): Promise<void>
}

const bootMs = 60_000

/** The host as others see it; it may be down at the time. */
export function openHost<Name extends AnyHost>(lab: LabState, name: Name): LabHost<Name> {
  const run = (argv: readonly string[], options: CommandOptions = {}) => command(inside(lab, name, argv), options)
  const mustRun = (argv: readonly string[], input?: string) => must(inside(lab, name, argv), { input })
  return {
    name,
    address: spotOf(name).address,
    address6: spotOf(name).address6,
    image: imageOf(lab, name),
    hostKey: hostKeyOf(lab, name),
    isUp: () => firstProcessOf(lab, name) !== undefined,
    exec: (shellText, input) => run(['/bin/sh', '-c', shellText], { input }),
    sh: shellText => mustRun(['/bin/sh', '-c', shellText]),
    async reboot() {
      const before = bootOf(lab, name)
      await mustRun(['reboot'])
      await waitFor(`${name} to go down`, () => (bootOf(lab, name) === before ? undefined : true), bootMs)
      await waitUntilUp(lab, name)
    },
    async powerCycle() {
      const [before, pid] = [bootOf(lab, name), firstProcessOf(lab, name)]
      if (pid === undefined) throw new Error(`${name} of lab ${lab.id} is down`)
      writeFileSync(join(hostFolder(lab, name), 'again'), '')
      process.kill(pid, 'SIGKILL')
      await waitFor(`${name} to go down`, () => (bootOf(lab, name) === before ? undefined : true), bootMs)
      await waitUntilUp(lab, name)
    },
    async killUnit(unit, signal) {
      await mustRun(['systemctl', 'kill', `--signal=${signal}`, unit])
    },
    async writeFile(path, text) {
      await mustRun(['/bin/sh', '-c', 'mkdir -p "$(dirname "$1")" && cat >"$1"', 'sh', path], text)
    },
  }
}

/** Starts the host's supervisor, which outlives this process if nobody takes the lab down. */
export function bootHost(lab: LabState, name: AnyHost): void {
  const folder = hostFolder(lab, name)
  const { address, prefixLength, gateway, address6, gateway6 } = spotOf(name)
  const names = [netnsOf(lab, name), netnsOf(lab, 'router'), name]
  const argv = [
    join(__dirname, 'run-host.sh'),
    folder,
    rootOf(lab, name),
    ...names,
    address,
    `${prefixLength}`,
    gateway,
    address6,
    gateway6,
  ]
  const log = openSync(join(folder, 'console.log'), 'a')
  const child = start(argv, { stdio: ['ignore', log, log], cwd: '/' })
  writeFileSync(join(folder, 'supervisor.pid'), `${child.pid}\n`)
  child.unref()
}

/** Resolves when systemd has finished booting, the firewall filters and sshd answers to the controller. */
export async function waitUntilUp(lab: LabState, name: AnyHost): Promise<void> {
  try {
    await waitFor(
      `${name} to boot`,
      async () => {
        if (supervisorOf(lab, name) === undefined) throw new Error(`${name} has stopped while it booted`)
        if (firstProcessOf(lab, name) === undefined) return undefined
        if (images[imageOf(lab, name)].noSystemd) return true
        // Waits for the boot's end itself, as soon as there is a systemd to ask.
        const { stdout } = await command(inside(lab, name, ['systemctl', 'is-system-running', '--wait']))
        return ['running', 'degraded'].includes(stdout.trim()) ? true : undefined
      },
      bootMs,
    )
    const { filtersAfter } = images[imageOf(lab, name)]
    if (filtersAfter) await must(inside(lab, name, ['/bin/sh', '-c', filtersAfter]))
    const greet = ['busybox', 'nc', '-w', '1', spotOf(name).address, '22']
    const fromController = ['ip', 'netns', 'exec', netnsOf(lab, 'controller'), ...greet]
    await waitFor(`sshd on ${name} to answer`, async () =>
      (await command(fromController, { input: '' })).stdout.startsWith('SSH-') ? true : undefined,
    )
  } catch (cause) {
    const log = readFileSync(join(hostFolder(lab, name), 'console.log'), 'utf8')
    throw new Error(`${(cause as Error).message}; its console says:\n${log.slice(-2000)}`, { cause })
  }
}

/** The command line that runs argv inside the host, as root, with a login's environment. */
export function inside(lab: LabState, name: AnyHost, argv: readonly string[]): readonly string[] {
  const pid = firstProcessOf(lab, name)
  if (pid === undefined) throw new Error(`${name} of lab ${lab.id} is down`)
  const env = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
    'USER=root',
    'LANG=C.UTF-8',
  ]
  const terminal = process.env.TERM ? [`TERM=${process.env.TERM}`] : []
  return [
    'nsenter',
    '--target',
    `${pid}`,
    '--all',
    '--root',
    '--wd',
    '/usr/bin/env',
    '-i',
    ...env,
    ...terminal,
    ...argv,
  ]
}

function bootOf(lab: LabState, name: AnyHost): string {
  return readFileSync(join(hostFolder(lab, name), 'nspawn.pid'), 'utf8')
}

/** The guest's PID 1 as this machine numbers it: nspawn's child, once it is the first of its PID namespace. */
function firstProcessOf(lab: LabState, name: AnyHost): number | undefined {
  try {
    const nspawn = Number(bootOf(lab, name))
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').trim().split(' ').map(Number)
    return children.find(pid => /^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
  } catch {
    return undefined
  }
}
