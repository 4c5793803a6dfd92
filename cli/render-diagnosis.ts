// What the doctor has found of tunnels, for people: the walk of each that is not well, a line of each that is. Pure.
import { condense, type Diagnosis, type Verdict, type Walked } from '../engine'
import { plain } from '../schemas/plain'

const symbols = { ok: 'ok', fail: 'FAIL', unknown: '?', 'not judged': '-' } as const
type Symbol = keyof typeof symbols

const width = 6
const indent = ' '.repeat(2 + width)
const head = (symbol: Symbol) => `  ${symbols[symbol].padEnd(width)}`

/** In which words a cure that a deploy is tells how to have it. */
export type CureOf = (diagnosis: Diagnosis, check: Walked) => string | undefined

export interface Shown {
  readonly diagnoses: readonly Diagnosis[]
  /** Every check of every tunnel. */
  readonly all: boolean
  readonly cureOf: CureOf
}

export function renderDiagnoses({ diagnoses, all, cureOf }: Shown): string {
  const longest = Math.max(0, ...diagnoses.map(({ name }) => name.length))
  const texts = diagnoses.map(one =>
    all || one.verdict !== 'ok'
      ? renderWalk(one, cureOf)
      : `${symbols.ok.padEnd(width)}${one.name.padEnd(longest)}  ${inShort(one)}\n`,
  )
  const counted = diagnoses.length > 1 ? `\n${count(diagnoses)}\n` : ''
  return plain(`${texts.join('')}${counted}`)
}

/** One tunnel's walk, whoever made the tunnel. */
export function renderWalk(diagnosis: Diagnosis, cureOf: CureOf): string {
  const { name, chain } = diagnosis
  const hosts = [...new Set([chain.client, ...(chain.jumps ?? []), chain.server])]
  const title = `${name}: ${[...hosts, chain.far].join(' -> ')}, listens on ${chain.listen}\n`
  return (
    title +
    condense(diagnosis.checks)
      .map(check => renderCheck(check, cureOf(diagnosis, check)))
      .join('')
  )
}

function renderCheck({ status, what, evidence }: Walked, cure: string | undefined): string {
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map(line => `${indent}${line}\n`)
      .join('')
  if (status === 'not judged') return `${head(status)}${what}: not reached, so not judged\n`
  const first = `${head(status)}${what.split('\n').join(`\n${indent}`)}\n`
  if (status === 'ok') return first
  return first + (evidence ? lines(evidence) : '') + (cure ? lines(`cure: ${cure}`) : '')
}

const inShort = ({ chain, checks }: Diagnosis): string =>
  checks.find(({ link, status }) => link === 'far answers' && status === 'ok')?.what ??
  `${chain.listen}: all that was asked is well; far is not asked (probe: none, or enabled: false)`

function count(diagnoses: readonly Diagnosis[]): string {
  const of = (verdict: Verdict) => diagnoses.filter(one => one.verdict === verdict).length
  const parts = [`${of('ok')} ok`, `${of('fail')} failed`, `${of('unknown')} unknown`].filter(
    part => !part.startsWith('0 '),
  )
  return `${diagnoses.length} tunnels: ${parts.join(', ')}.`
}

const colours: Readonly<Record<string, string>> = { ok: '\x1b[32m', FAIL: '\x1b[31m', '?': '\x1b[33m', '-': '\x1b[2m' }

/** For a terminal. Only words that we have put there ourselves carry a colour. */
export const colourDiagnoses = (text: string): string =>
  text.replace(
    /^( {2})?(ok|FAIL|\?|-)(?= )/gm,
    (_all, space = '', word: string) => `${space}${colours[word]}${word}\x1b[0m`,
  )
