// A thousand tunnels over ten hosts: five clients, five servers. They are deployed once, by Terraform; then each looks at them in turn.
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, type LabHost, startLab } from '../lab'
import { must } from '../lab/command'
import type { AnyHost } from '../lab/topology'
import { makeStack } from '../test/lab/stack'
import { far, timeoutMs } from './contender'
import { describeRun, terraformVersion } from './machine'
import { median, tell } from './measure'
import { memoryMeter } from './meters'
import { makePlainTerraform } from './plain-terraform'
import { type Asked, publish, type Section } from './section'
import { medianAndRange, table, times } from './tables'

const pairs = 5
const lookers = ['floor', 'terraform-data', 'terraform', 'command'] as const
type Looker = (typeof lookers)[number]

const rowNames: Readonly<Record<Looker, string>> = {
  floor: 'floor: a login to each host that runs `true`',
  'terraform-data': '`terraform plan` of as many `terraform_data`',
  terraform: '`terraform plan`',
  command: '`ssh-tunnels plan`',
}

export interface Look {
  readonly by: Looker
  readonly seconds: number
  /** Logins of root, the most and the fewest of a host. */
  readonly logins: readonly [number, number]
  readonly memory?: number
}

type Host = LabHost<AnyHost>

async function run(asked: Asked): Promise<void> {
  // So many as the counts allow, that a small try is one.
  const count = asked.counts.includes(100) ? 1000 : Math.max(...asked.counts) * pairs
  const more = 2 * pairs - 2
  expectRoom(11 * 3 + 6 * more)
  const lab = await startLab({ more })
  const hosts: readonly Host[] = [lab.hosts.near, lab.hosts.middle, ...lab.more]
  const stack = await makeStack(lab)
  const plain = makePlainTerraform(lab)
  const folder = mkdtempSync(join(tmpdir(), 'bench-wide-'))
  try {
    const about = await describeRun(lab, asked.busy, [await terraformVersion()])
    console.error(about)
    const tunnels = tunnelsOver(hosts, count)
    const reached = (host: Host) => ({
      name: host.name,
      address: host.address,
      identity_file: lab.keyFile,
      known_hosts: lab.knownHosts,
    })
    const arguments_ = tunnels.map(({ name, client, server, listen }) => {
      const sides = { client: reached(client), server: reached(server) }
      return [name, { owner: 'bench', ...sides, forward: 'remote', listen, far }] as const
    })
    const entries = Object.fromEntries(arguments_)
    stack.declare(entries)
    const terraform = async (words: readonly string[], fine: readonly number[]) => {
      const { code, text } = await stack.start(words).done
      if (!fine.includes(code)) throw new Error(`terraform ${words[0]}: exit status ${code}\n${text.slice(-5000)}`)
      return code
    }
    const inputs = Object.fromEntries(arguments_.map(([name, input]) => [name, { input: { name, ...input } }]))
    await plain.declare({ resource: { terraform_data: inputs } })
    await plain.run(['apply', '-auto-approve'])
    writeFileSync(join(folder, 'tunnels.yaml'), JSON.stringify(specOf(lab, hosts, tunnels)))
    const deployed = performance.now()
    await terraform(['apply', '-parallelism=100', '-auto-approve'], [0])
    tell(
      `${count} tunnels over ${hosts.length} hosts deployed in ${((performance.now() - deployed) / 1000).toFixed(1)} s`,
    )

    const command = ['node', join(__dirname, '../dist/ssh-tunnels.cjs'), 'plan', 'tunnels.yaml', '--detailed-exitcode']
    const perform: Readonly<Record<Looker, () => Promise<unknown>>> = {
      floor: () => Promise.all(hosts.map(({ name }) => must(lab.argvIn('controller', [...lab.ssh(name), 'true'])))),
      'terraform-data': () => plain.run(['plan', '-detailed-exitcode']),
      terraform: () => terraform(['plan', '-detailed-exitcode'], [0]),
      command: () => must(lab.argvIn('controller', command), { cwd: folder, env: { HOME: folder }, timeoutMs }),
    }
    const memory = await memoryMeter(lab, 'terraform-provider-sshtunnel')
    const looks: Look[] = []
    for (let run = 0; run < (asked.runs ?? 3); run++) {
      for (const by of lookers) looks.push({ by, ...(await take(hosts, perform[by], memory)) })
    }
    publish(asked, 'wide', wideTable(looks, count, hosts.length), about, looks)
    await terraform(['destroy', '-parallelism=100', '-auto-approve'], [0])
  } finally {
    stack.remove()
    plain.remove()
    rmSync(folder, { recursive: true, force: true })
    await lab.stop()
  }
}

/** Without the inotify instances that a host wants (lab/prepare-host.ts) its boot hangs. */
function expectRoom(wanted: number): void {
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'))
  const used = readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .flatMap(inotifiesOf).length
  if (used + wanted <= most) return
  throw new Error(
    `the hosts want ${wanted} inotify instances, and ${used} of this kernel's ${most} are taken: let other labs end, or raise fs.inotify.max_user_instances (sysctl)`,
  )
}

function inotifiesOf(pid: string): readonly string[] {
  try {
    const folder = `/proc/${pid}/fd`
    return readdirSync(folder).filter(file => readlinkSync(join(folder, file)) === 'anon_inode:inotify')
  } catch {
    // It has ended meanwhile.
    return []
  }
}

type Memory = Awaited<ReturnType<typeof memoryMeter>>

async function take(
  hosts: readonly Host[],
  perform: () => Promise<unknown>,
  memory: Memory,
): Promise<Omit<Look, 'by'>> {
  const since = await hosts[0]?.sh('date +%s.%N')
  const end = await memory()
  const begun = performance.now()
  await perform()
  const seconds = (performance.now() - begun) / 1000
  const seen = await end()
  const logins = await Promise.all(
    hosts.map(async host => {
      const journal = await host.sh(`journalctl -u ssh --since=@${since} --output=cat`)
      return journal.match(/^Accepted publickey for root /gm)?.length ?? 0
    }),
  )
  return { seconds, logins: [Math.min(...logins), Math.max(...logins)], memory: seen.memory }
}

interface Placed {
  readonly name: string
  readonly client: Host
  readonly server: Host
  readonly listen: string
}

/** The first, third and so on are clients of the one behind them. */
function tunnelsOver(hosts: readonly Host[], count: number): readonly Placed[] {
  return Array.from({ length: count }, (_, at) => {
    const pair = at % pairs
    const [client, server] = [hosts[2 * pair], hosts[2 * pair + 1]]
    if (!client || !server) throw new Error(`there is no pair ${pair}`)
    return { name: `t${at + 1}`, client, server, listen: `${server.address}:${20_001 + Math.floor(at / pairs)}` }
  })
}

function specOf(lab: Lab, hosts: readonly Host[], tunnels: readonly Placed[]): object {
  const entries = tunnels.map(({ name, client, server, listen }) => [
    name,
    { client: client.name, server: server.name, forward: 'remote', listen, far },
  ])
  return {
    version: 1,
    owner: 'bench',
    hosts: Object.fromEntries(
      hosts.map(({ name, address, hostKey }) => [name, { address, hostKey, identityFile: lab.keyFile }]),
    ),
    tunnels: Object.fromEntries(entries),
  }
}

export function wideTable(looks: readonly Look[], count: number, hosts: number): string {
  const of = (by: Looker) => looks.filter(look => look.by === by)
  const time = (by: Looker) => median(of(by).map(({ seconds }) => seconds))
  const base = time('terraform-data')
  const rows = lookers.map(by => {
    const own = time(by)
    const ratio = by === 'terraform-data' || !own || !base ? '' : `, ${times(own / base)} terraform_data`
    const logins = of(by).flatMap(look => look.logins)
    const [fewest, most] = [Math.min(...logins), Math.max(...logins)]
    const memory = of(by).flatMap(look => look.memory ?? [])
    return [
      rowNames[by],
      `${medianAndRange(of(by).map(({ seconds }) => seconds))}${ratio}`,
      fewest === most ? `${most}` : `${fewest} to ${most}`,
      memory.length > 0 ? `${(Math.max(...memory) / 1e6).toFixed(0)} MB` : '',
    ]
  })
  return table(
    [`${count} tunnels over ${hosts} hosts, no change`, 'time', 'logins a host', "the provider's memory"],
    rows,
  )
}

export const wideSection: Section = { name: 'wide', words: ['wide'], run }
