// What an apply or destroy has come to: a table of the tunnels that answer, what is done and what is not, and every error in full.
import { Fault, type Trouble } from '../engine'
import { plain } from '../schemas/plain'
import type { Result } from './carry-out'
import { describeProof } from './describe-proof'
import { countChanges } from './render-plan'

/** `unplanned` is what could not be looked at, or will not work: nothing was tried there. */
export function renderResults(results: readonly Result[], unplanned: readonly Trouble[] = []): string {
  const up = results.filter(
    ({ type, status, action }) => type === 'tunnel' && action !== 'remove' && ['done', 'unchanged'].includes(status),
  )
  const rows = up.flatMap(({ name, endpoint, farAnswered, proof, forwards }) =>
    (forwards ?? [{ name, endpoint, proof }]).map(one => [
      one.name,
      one.endpoint ?? '-',
      one.proof ? describeProof(one.proof, one.endpoint) : farAnswered || 'not asked',
    ]),
  )
  const done = results.filter(({ status }) => status === 'done')
  const undone = results.filter(({ status }) => ['partly', 'failed', 'stopped', 'skipped'].includes(status))
  const { add, change, destroy } = countChanges(done)
  const table = rows.length > 0 ? `${renderTable([['TUNNEL', 'ENDPOINT', 'FAR ANSWERED'], ...rows])}\n` : ''
  const notDone = [
    ...undone.map(result => `  ${nameOf(result)}: ${describeUndone(result)}\n`),
    ...unplanned.map(({ about }) => `  ${about}: see the error\n`),
  ]
  const summary = `${add} added, ${change} changed, ${destroy} destroyed.`
  if (notDone.length === 0) return plain(`${table}Complete: ${summary}\n`)
  const names = done.map(nameOf).join(', ') || 'nothing'
  return plain(`${table}Done: ${names} (${summary.slice(0, -1)})\nNot done:\n${notDone.join('')}`)
}

const nameOf = ({ type, name, title }: Pick<Result, 'type' | 'name' | 'title'>) =>
  type === 'middle' ? `settings of ${name}` : (title ?? name)

function describeUndone({ status, action, why }: Result): string {
  if (status === 'partly') return why instanceof Error ? why.message : 'not on all hosts'
  if (status === 'skipped') return why instanceof Error ? `not begun: ${why.message}` : 'not begun'
  if (why instanceof Fault && why.code === 'not-undone') return `${status}; what was begun could not all be taken back`
  const left =
    action === 'create' || action === 'replace'
      ? 'what was begun is taken back'
      : status === 'stopped'
        ? 'begun, the rest is to do'
        : 'what was changed stays'
  return `${status}; ${left}`
}

export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')
  return rows.map(row => `${line(row).trimEnd()}\n`).join('')
}

/** What went wrong with what, as the JSON document and the text show it. */
export function troublesOf(results: readonly Result[]): Trouble[] {
  return results
    .filter(({ status }) => status === 'failed')
    .map(({ why, ...result }) => ({
      about: result.type === 'middle' ? nameOf(result) : (result.title ?? `tunnel ${result.name}`),
      why,
    }))
}

/** Each in full, but what keeps from a jump host once: of what else is behind it only the names. */
export function renderTroubles(troubles: readonly Trouble[]): string[] {
  const jumps = new Map<string, string>()
  return troubles.map(({ about, why }) => {
    if (!(why instanceof Fault) || about === `host ${why.host}`) return renderTrouble({ about, why })
    const id = JSON.stringify([why.code, why.host, why.happened, why.cure])
    const before = about.startsWith('host ') ? jumps.get(id) : undefined
    if (before !== undefined) return plain(`Error: ${about}: is behind ${why.host} too: see ${before}\n`)
    jumps.set(id, about)
    return renderTrouble({ about, why })
  })
}

export function renderTrouble({ about, why }: Trouble): string {
  return plain(`Error: ${about}: ${why instanceof Error ? why.message : String(why)}\n`)
}
