// Breaks off changes of real hosts, and looks at what is there then: the worker runs in a lab's controller.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Declared } from '../../engine/wish/declared'
import { fingerprint, type HostName, type Lab } from '../../lab'
import type { Break } from './break-off'
import type { Order, Report } from './worker'

export interface Harness {
  /** Null when it was killed, as a break by `power` does. */
  run(verbs: Order['verbs'], declared: readonly Declared[], at?: Break): Promise<Report | null>
  /** What stands on a host, in a form that is the same after every deploy of the same; `exact`: after a destroy. */
  standing(host: HostName, how: 'exact' | 'made'): Promise<string>
  remove(): void
}

/** What may be left where no fingerprint looks. */
const elsewhere = 'ls -d /run/ssh-tunnels* /run/tunnel-* /var/lib/ssh-tunnels* 2>/dev/null || :'

export async function makeHarness(lab: Lab, owner: string): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'harness-'))
  const program = join(folder, 'worker.cjs')
  const external = ['cpu-features', '*.node']
  const options = { bundle: true, platform: 'node', target: 'node20', external, logLevel: 'warning' } as const
  await build({ entryPoints: [join(__dirname, 'worker.ts')], outfile: program, ...options })
  return {
    async run(verbs, declared, at) {
      const input = JSON.stringify({ verbs, declared, owner, at: at ?? null } satisfies Order)
      const { code, stdout, stderr } = await lab.run('controller', ['node', program], { input, timeoutMs: 300_000 })
      if (code === 137) return null
      if (code !== 0) throw new Error(`the worker ended with ${code}:\n${stdout}${stderr}`)
      return JSON.parse(stdout)
    },
    async standing(host, how) {
      const [seen, left] = await Promise.all([fingerprint(lab.hosts[host]), lab.hosts[host].sh(elsewhere)])
      return how === 'exact' ? `${seen}\n${left}` : withoutChance(`${seen}\n${left}`)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Keys are made by chance; what useradd(8) keeps of before, and which rule of ours comes first, depends on what was made when. */
const withoutChance = (text: string): string =>
  text
    .split('\n')
    .sort()
    .join('\n')
    .replace(/^(\/etc\/ssh-tunnels\/\S+\/(?:key|authorized_keys) .*) ?[0-9a-f]{64}$/gm, '$1')
    .replace(/^\/etc\/(?:passwd|shadow|group|gshadow)- .*\n/gm, '')
