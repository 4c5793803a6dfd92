// A plan as people read it: one block a tunnel or a host's settings, in the manner of Terraform.

import { type Change, knownAfterApply, type Named, type PartChange, type ValueChange } from '../engine'
import { plain } from '../schemas/plain'
import { titleOf } from '../schemas/shared'
import { describePast } from './describe-proof'
import { forwardsSeen } from './forwards-seen'

type Sign = '+' | '~' | '-' | '-/+'

const signs = { create: '+', update: '~', remove: '-', replace: '-/+', none: '~' } as const
const says = {
  create: 'will be created',
  update: 'will be changed',
  remove: 'will be removed',
  replace: 'will be moved: removed where it was, made where it should be',
  none: 'stays as it is',
} as const

export interface Counts {
  readonly add: number
  readonly change: number
  readonly destroy: number
}

export function countChanges(changes: readonly Pick<Change, 'action'>[]): Counts {
  const count = (...actions: Change['action'][]) => changes.filter(({ action }) => actions.includes(action)).length
  return { add: count('create', 'replace'), change: count('update'), destroy: count('remove', 'replace') }
}

export function renderPlan(changes: readonly Change[]): string {
  const due = changes.filter(({ action }) => action !== 'none')
  const { add, change, destroy } = countChanges(due)
  if (due.length === 0) return 'No changes.\n'
  return `${due.map(renderChange).join('\n')}\nPlan: ${add} to add, ${change} to change, ${destroy} to destroy.\n`
}

/** A line for each tunnel whose proof was taken on the listening host itself. */
export function renderNotPast(changes: readonly Change[]): string {
  const lines = changes
    .flatMap(({ declared, seen }) => forwardsSeen(declared, seen))
    .flatMap(({ name, endpoint, proof }) =>
      proof?.answered ? describePast(proof, endpoint).map(past => `proof of ${name}: ${past}\n`) : [],
    )
  return plain(lines.join(''))
}

/** A line for each thing that bears the spec's owner, or its former name, and that a spec without `owner` does not touch. */
export function renderLeftAlone(leftAlone: readonly Named[], specs: string): string {
  const lines = leftAlone.map(one => {
    const owner = one.leftovers[0]?.standIn.input.owner ?? specs
    const where = hostsOfNamed(one).join(', ')
    return `left alone: ${title(one.type)} ${one.name} of owner ${owner}${one.type === 'middle' ? '' : ` on ${where}`}, not in this spec; say owner: ${owner} in the spec to have it removed\n`
  })
  return plain(lines.join(''))
}

export const hostsOfNamed = ({ leftovers }: Pick<Named, 'leftovers'>): string[] => [
  ...new Set(leftovers.map(({ host }) => host.name)),
]

const title = (type: Change['type']) => (type === 'middle' ? 'settings of host' : 'tunnel')

export const titleOfChange = ({ type, name, declared }: Change): string =>
  declared?.type === 'tunnel' ? titleOf(declared.input) : `${title(type)} ${name}`

function renderChange(change: Change): string {
  const { type, name, action, values, parts, cuts = [] } = change
  const sign = signs[action]
  const width = Math.max(0, ...values.map(value => value.name.length), ...parts.map(part => part.attribute.length))
  const lines = [
    `  # ${titleOfChange(change)} ${says[action]}`,
    ...cuts.map(why => `  # will cut open connections: ${why}`),
    `${sign.padStart(3)} ${type} "${name}" {`,
    ...values.map(value => indent(6, valueLine(value, action === 'update' ? '~' : '+', width))),
    ...parts.flatMap(part => partLines(part, width)),
    '    }',
    '',
  ]
  return plain(lines.join('\n'))
}

function partLines({ action, attribute, host, values }: PartChange, width: number): string[] {
  const sign = signs[action]
  const inner = Math.max(0, ...values.map(value => value.name.length))
  return [
    indent(6, `${sign} ${attribute.padEnd(width)} = { # on ${host}`),
    ...values.map(value => indent(10, valueLine(value, sign, inner))),
    indent(8, '}'),
  ]
}

function valueLine({ name, have, want }: ValueChange, sign: Sign, width: number): string {
  const values = { '+': show(want), '-': show(have), '~': `${show(have)} -> ${show(want)}` }
  return `${sign} ${name.padEnd(width)} = ${values[sign === '-/+' ? '~' : sign]}`
}

const indent = (by: number, text: string) => ' '.repeat(by) + text

function show(value: unknown): string {
  if (value === knownAfterApply) return '(known after apply)'
  // A checksum says only that it differs.
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return `"${value.slice(0, 12)}..."`
  return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : (JSON.stringify(value) ?? 'null')
}

/** The sign before each line in its colour, as Terraform has it. */
export function colourPlan(text: string): string {
  const colours = { '+': 32, '~': 33, '-': 31 } as const
  return text.replace(
    /^( +)(-\/)?([+~-])(?= )/gm,
    (_, before: string, minus: string = '', sign: keyof typeof colours) => {
      return `${before}${minus && '\x1b[31m-\x1b[0m/'}\x1b[${colours[sign]}m${sign}\x1b[0m`
    },
  )
}
