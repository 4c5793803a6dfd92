// From samples to tables: a row a contender, a column a count, each number also as a multiple of what it is to be judged by.
import { type Act, acts, type End, ends, type Name, names } from './contender'
import { type Measured, median, type Sample } from './measure'
import { type Read, scopes } from './read'

const usual: Readonly<Record<Name, string>> = {
  floor: 'floor',
  script: 'a shell script over ssh',
  'terraform-data': '`terraform_data` x N, which makes nothing',
  command: '`ssh-tunnels ACT`',
  shared: 'the same with `connection: shared`',
  terraform: '`terraform ACT`',
  'terraform-wide': 'the same with `-parallelism=100`',
  'remote-exec': '`terraform_data` with remote-exec',
  pyinfra: 'pyinfra',
  ansible: 'Ansible',
}

const rowNames: Readonly<Record<Act, Partial<Readonly<Record<Name, string>>>>> = {
  deploy: {
    floor: 'floor: N plain `ssh -N -R`, until all ports listen',
    command: '`ssh-tunnels apply`',
    terraform: '`terraform apply` of a saved plan',
    ansible: 'Ansible, first run',
  },
  plan: {
    floor: 'floor: a login to each host that runs `true`',
    'remote-exec': '`terraform_data` with remote-exec, which looks at no host',
    pyinfra: 'pyinfra, a dry run',
    ansible: 'Ansible, a run that changes nothing',
  },
  destroy: {
    floor: 'floor: N plain `ssh` killed, until no port listens',
    ansible: 'Ansible, removal playbook',
  },
}

export const rowName = (act: Act, name: Name) => rowNames[act][name] ?? usual[name].replace('ACT', act)

/** What each is compared with besides the floor: everybody with Ansible, Terraform's with what Terraform itself costs. */
const judges: readonly { readonly of: Name; readonly word: string; readonly whom: readonly Name[] }[] = [
  { of: 'floor', word: 'floor', whom: names },
  { of: 'terraform-data', word: 'terraform_data', whom: ['terraform', 'terraform-wide', 'remote-exec'] },
  { of: 'remote-exec', word: 'remote-exec', whom: ['terraform'] },
  { of: 'ansible', word: 'Ansible', whom: names.filter(name => name !== 'terraform-data') },
]

export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`).join('')

export const seconds = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`
export const times = (ratio: number) => `${ratio.toFixed(ratio < 1 ? 2 : ratio < 10 ? 1 : 0)}x`

/** The median, and the shortest and the longest when there are several. */
export function medianAndRange(values: readonly number[], say: (value: number) => string = seconds): string {
  const range = values.length > 1 ? ` (${say(Math.min(...values))} to ${say(Math.max(...values))})` : ''
  return `**${say(median(values) ?? Number.NaN)}**${range}`
}

const countsOf = (samples: readonly { readonly count: number }[]) => [...new Set(samples.map(({ count }) => count))]
const inOrder = (samples: readonly Sample[]) =>
  names.filter(name => samples.some(({ contender }) => contender === name))

export function actTable({ samples: all, failures }: Measured, act: Act): string {
  const samples = all.filter(sample => sample.act === act)
  const of = (contender: Name, count: number) =>
    samples.filter(sample => sample.contender === contender && sample.count === count)
  const time = (contender: Name, count: number) => median(of(contender, count).map(sample => sample.seconds))
  const cell = (contender: Name, count: number) => {
    const own = time(contender, count)
    if (own === undefined) {
      const failed = failures.some(one => one.contender === contender && one.count === count)
      return failed ? 'failed' : 'not run: minutes'
    }
    const ratios = judges.flatMap(({ of: judge, word, whom }) => {
      const theirs = judge === contender || !whom.includes(contender) ? undefined : time(judge, count)
      return theirs === undefined || contender === 'floor' ? [] : [`${times(own / theirs)} ${word}`]
    })
    const wrong = of(contender, count).some(sample => sample.wrong) ? ', **saw changes that are none**' : ''
    return `${[medianAndRange(of(contender, count).map(sample => sample.seconds)), ...ratios].join(', ')}${wrong}`
  }
  const counts = countsOf(samples)
  return table(
    ['tunnels', ...counts.map(String)],
    inOrder(samples).map(name => [rowName(act, name), ...counts.map(count => cell(name, count))]),
  )
}

const kilobytes = (bytes: number) => `${bytes < 10_000 ? (bytes / 1000).toFixed(1) : (bytes / 1000).toFixed(0)} kB`
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

/** What deploy and a look without a change cost near and middle. */
export function costTable(samples: readonly Sample[]): string {
  const counts = countsOf(samples)
  const columns = counts.flatMap(count => ends.map(end => ({ count, end })))
  const cell = (those: readonly Sample[], theirs: readonly Sample[], count: number, end: End) => {
    const of = (from: readonly Sample[]) => from.flatMap(sample => (sample.count === count && sample.cost?.[end]) || [])
    const middle = (from: readonly Sample[], what: 'seconds' | 'bytes' | 'logins') =>
      median(of(from).map(cost => cost[what]))
    const [processor, bytes, logins] = [middle(those, 'seconds'), middle(those, 'bytes'), middle(those, 'logins')]
    if (processor === undefined || bytes === undefined) return 'not run'
    const ansible = middle(theirs, 'seconds')
    const ratio = ansible && those !== theirs ? `, ${times(processor / ansible)} Ansible` : ''
    return `**${seconds(processor)}**${ratio}, ${kilobytes(bytes)}, ${logins} ${logins === 1 ? 'login' : 'logins'}`
  }
  const rows = acts.flatMap(act => {
    const own = samples.filter(sample => sample.act === act && sample.cost)
    const ansible = own.filter(({ contender }) => contender === 'ansible')
    return (
      inOrder(own)
        // The one touches no host; the other's ssh is started from outside of near's control group.
        .filter(name => name !== 'terraform-data' && !(name === 'floor' && act !== 'plan'))
        .map(name => {
          const those = name === 'ansible' ? ansible : own.filter(({ contender }) => contender === name)
          return [`${act}: ${rowName(act, name)}`, ...columns.map(({ count, end }) => cell(those, ansible, count, end))]
        })
    )
  })
  return table(['processor, bytes, logins', ...columns.map(({ count, end }) => `${count}, ${end}`)], rows)
}

/** The most that the provider has had. */
export function memoryTable(samples: readonly Sample[]): string {
  const counts = countsOf(samples)
  const rows = acts.flatMap(act =>
    inOrder(samples)
      .filter(name => samples.some(one => one.act === act && one.contender === name && one.memory !== undefined))
      .map(name => {
        const of = (count: number) =>
          samples.flatMap(one => (one.act === act && one.contender === name && one.count === count && one.memory) || [])
        return [
          rowName(act, name),
          ...counts.map(count => (of(count).length > 0 ? medianAndRange(of(count), megabytes) : 'not run')),
        ]
      }),
  )
  return table(['tunnels', ...counts.map(String)], rows)
}

export function readTable(reads: readonly Read[]): string {
  const counts = countsOf(reads)
  const rows = ends.flatMap(host =>
    scopes.map(scope => [
      `${host}, ${scope === 'all' ? 'all of them' : 'one of them'}`,
      ...counts.map(count => {
        const own = reads.filter(read => read.host === host && read.scope === scope && read.count === count)
        const ms = median(own.map(read => read.ms))
        if (ms === undefined) return 'not possible'
        return `**${ms.toFixed(0)} ms**${scope === 'all' ? `, ${(ms / count).toFixed(1)} ms a tunnel` : ''}`
      }),
    ]),
  )
  return table(['tunnels that stand', ...counts.map(String)], rows)
}
