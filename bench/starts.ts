// What a start costs where no host is asked: the command's validate, the provider until it has shaken hands, a synthesis. Beside Node itself, in turn.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { must } from '../lab/command'
import { describeRun } from './machine'
import { median, tell } from './measure'
import { type Asked, publish, type Section } from './section'
import { medianAndRange, seconds, table, times } from './tables'

const root = join(__dirname, '..')
const dist = join(root, 'dist')
const many = 1000

/** Something that starts, and what it is judged by. */
interface Starter {
  readonly table: 'validate' | 'start' | 'synth'
  readonly row: string
  /** Resolves to seconds. */
  readonly take: () => Promise<number>
}

async function run(asked: Asked): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-starts-'))
  try {
    const about = await describeRun(undefined, asked.busy, [])
    const starters = startersIn(folder).filter(one => asked.only.includes(one.table))
    const taken = new Map<Starter, number[]>(starters.map(one => [one, []]))
    // The first of each warms up: files come into the cache.
    for (let run = 0; run <= (asked.runs ?? 9); run++) {
      for (const starter of starters) {
        const time = await starter.take()
        if (run > 0) taken.get(starter)?.push(time)
        tell(`${starter.row}: ${seconds(time)}`)
      }
    }
    for (const name of startsSection.words) {
      const own = starters.filter(one => one.table === name)
      if (own.length === 0) continue
      const rows = own.map(one => ({ row: one.row, seconds: taken.get(one) ?? [] }))
      publish(asked, name, startTable(rows, name === 'synth' ? 'plain' : '`node -e 0`'), about, rows)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Start {
  readonly row: string
  readonly seconds: readonly number[]
}

/** Each beside the first. */
export function startTable(starts: readonly Start[], judge: string): string {
  const [first] = starts
  const base = median(first?.seconds ?? [])
  const rows = starts.map(start => {
    const own = median(start.seconds)
    const ratio = start === first || !own || !base ? '' : `, ${times(own / base)} ${judge}`
    return [start.row, `${medianAndRange(start.seconds, value => `${(value * 1000).toFixed(0)} ms`)}${ratio}`]
  })
  return table(['', 'until it has ended'], rows)
}

function startersIn(folder: string): readonly Starter[] {
  const spec = (count: number) => {
    const file = join(folder, `${count}.yaml`)
    writeFileSync(file, yamlOf(count))
    return file
  }
  const env = { HOME: folder }
  const clock = async (perform: () => Promise<unknown>) => {
    const begun = performance.now()
    await perform()
    return (performance.now() - begun) / 1000
  }
  const node = () => clock(() => must(['node', '-e', '0'], { env }))
  const validate = (file: string) => () =>
    clock(() => must(['node', join(dist, 'ssh-tunnels.cjs'), 'validate', file], { env, cwd: folder }))
  const synth = (what: 'plain' | 'ours') => async () => {
    const out = mkdtempSync(join(folder, 'synth-'))
    const said = await must(['node', join(__dirname, 'synth.cjs'), what, `${many}`, out], { env, cwd: root })
    rmSync(out, { recursive: true })
    return Number(said) / 1000
  }
  return [
    { table: 'validate', row: '`node -e 0`', take: node },
    { table: 'validate', row: '`ssh-tunnels validate`, one tunnel', take: validate(spec(1)) },
    { table: 'validate', row: `\`ssh-tunnels validate\`, ${many} tunnels`, take: validate(spec(many)) },
    { table: 'start', row: '`node -e 0`', take: node },
    { table: 'start', row: 'the provider, until it has shaken hands', take: () => clock(() => shakeHands(folder)) },
    { table: 'synth', row: `${many} plain resources of cdktf with as many attributes`, take: synth('plain') },
    { table: 'synth', row: `${many} \`Tunnel\`s`, take: synth('ours') },
  ]
}

/** As people write it, a line a key. */
function yamlOf(count: number): string {
  const tunnels = Array.from(
    { length: count },
    (_, at) => `  t${at}:
    client: near
    server: middle
    forward: remote
    listen: 203.0.113.20:${20_000 + at}
    far: far:80
`,
  )
  const host = (name: string, address: string) =>
    `  ${name}:\n    address: ${address}\n    user: root\n    knownHosts: ~/.ssh/known_hosts\n`
  return `version: 1\nowner: bench\nhosts:\n${host('near', '198.51.100.10')}${host('middle', '203.0.113.20')}tunnels:\n${tunnels.join('')}`
}

/** As Terraform's go-plugin starts it; the line that it prints says where it listens. */
async function shakeHands(folder: string): Promise<void> {
  const child = spawn('node', [join(dist, 'terraform-provider-sshtunnel.cjs')], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      TF_PLUGIN_MAGIC_COOKIE: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
      PLUGIN_PROTOCOL_VERSIONS: '6',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const shaken = once(createInterface({ input: child.stdout }), 'line')
  const [line] = await Promise.race([
    shaken,
    ended.then(([code]) => Promise.reject(new Error(`the provider has ended: exit status ${code}`))),
  ])
  if (!/^1\|6\|/.test(String(line))) throw new Error(`this is no handshake: ${line}`)
  child.kill('SIGKILL')
}

export const startsSection: Section = { name: 'starts', words: ['validate', 'start', 'synth'], run }
