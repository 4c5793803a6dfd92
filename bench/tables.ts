// From samples to tables: a row a contender, a column a count, each number also as a multiple of the floor and of Ansible.
import { type Act, type Name, names } from './contender'
import { median, type Sample } from './measure'
import { type Read, scopes } from './read'

const rowNames: Readonly<Record<Act, Readonly<Record<Name, string>>>> = {
  deploy: {
    floor: 'floor: N plain `ssh -N -R`, until all ports listen',
    command: '`ssh-tunnels apply`',
    terraform: '`terraform apply` of a saved plan',
    'terraform-wide': 'the same with `-parallelism=100`',
    ansible: 'Ansible, first run',
  },
  plan: {
    floor: 'floor: a login to each host that runs `true`',
    command: '`ssh-tunnels plan`',
    terraform: '`terraform plan`',
    'terraform-wide': 'the same with `-parallelism=100`',
    ansible: 'Ansible, a run that changes nothing',
  },
  destroy: {
    floor: 'floor: N plain `ssh` killed, until no port listens',
    command: '`ssh-tunnels destroy`',
    terraform: '`terraform destroy`',
    'terraform-wide': 'the same with `-parallelism=100`',
    ansible: 'Ansible, removal playbook',
  },
}

export const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`).join('')

const seconds = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`
export const times = (ratio: number) => `${ratio.toFixed(ratio < 1 ? 2 : ratio < 10 ? 1 : 0)}x`

/** The median, and the shortest and the longest when there are several. */
export function medianAndRange(values: readonly number[]): string {
  const range = values.length > 1 ? ` (${seconds(Math.min(...values))} to ${seconds(Math.max(...values))})` : ''
  return `**${seconds(median(values) ?? Number.NaN)}**${range}`
}

export function actTable(measured: readonly Sample[], act: Act): string {
  const samples = measured.filter(sample => sample.act === act)
  const counts = [...new Set(samples.map(({ count }) => count))]
  const of = (contender: Name, count: number) =>
    samples.filter(sample => sample.contender === contender && sample.count === count)
  const time = (contender: Name, count: number) => median(of(contender, count).map(sample => sample.seconds))
  const cell = (contender: Name, count: number) => {
    const own = time(contender, count)
    if (own === undefined) return 'not run: minutes'
    const against = (other: Name, word: string) => {
      const theirs = other === contender ? undefined : time(other, count)
      return theirs === undefined ? [] : [`${times(own / theirs)} ${word}`]
    }
    const ratios = contender === 'floor' ? [] : [...against('floor', 'floor'), ...against('ansible', 'Ansible')]
    const wrong = of(contender, count).some(sample => sample.wrong) ? ', **saw changes that are none**' : ''
    const all = of(contender, count).map(sample => sample.seconds)
    return `${[medianAndRange(all), ...ratios].join(', ')}${wrong}`
  }
  const contenders = names.filter(name => samples.some(({ contender }) => contender === name))
  return table(
    ['tunnels', ...counts.map(String)],
    contenders.map(name => [rowNames[act][name], ...counts.map(count => cell(name, count))]),
  )
}

export function readTable(reads: readonly Read[]): string {
  const counts = [...new Set(reads.map(({ count }) => count))]
  const rows = (['near', 'middle'] as const).flatMap(host =>
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
