// What somebody has changed of a unit of ours, in the words of ssh's options where it is one of those. Pure.
import { keepalives } from '../keepalive'
import type { Snapshot } from '../snapshot'
import { supervisorOf } from './choose'
import type { ServiceAt } from './supervisor'

export interface UnitChange {
  /** One sentence's end: `has ServerAliveInterval 0, not 30`. */
  readonly how: string
  /** A line each, with its place. */
  readonly lines: readonly string[]
}

/** Null where the file is as it should be, or away. */
export function findChange(on: Snapshot, at: ServiceAt): UnitChange | null {
  const { text } = at
  const path = supervisorOf(at).path(at.unit)
  const have = on.files[path]?.text
  if (have === undefined || have === text) return null
  const [now, wanted] = [optionsOf(have), optionsOf(text)]
  const changed = [...new Set([...wanted.keys(), ...now.keys()])].filter(name => now.get(name) !== wanted.get(name))
  const lines = have
    .split('\n')
    .flatMap((line, index) => (text.split('\n').includes(line) ? [] : [`${path}:${index + 1} says ${line.trim()}`]))
  const lacks = text
    .split('\n')
    .filter(line => !have.split('\n').includes(line))
    .map(line => `it should say ${line.trim()}`)
  const most = changed.find(name => keepalives.includes(name)) ?? changed[0]
  const how = most
    ? `has ${most} ${now.get(most) ?? 'not set'}, ${wanted.has(most) ? `not ${wanted.get(most)}` : 'which is not ours'}`
    : 'is not as it was written'
  return { how, lines: [...lines, ...lacks].slice(0, 6) }
}

const optionsOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/-o ?"?([A-Za-z]+)[= ]([^\s"\\]+)/g)].map(([, name = '', value = '']) => [name, value]))
