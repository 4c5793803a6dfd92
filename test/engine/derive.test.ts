// Every case of cases/derive: all parts that a tunnel or a middle needs, with the texts that will stand on the hosts. UPDATE_CASES=1 rewrites.

import { parts } from '../../engine/parts'
import { deriveMiddle } from '../../engine/wish/middle'
import type { Known } from '../../engine/wish/placed'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { checkMiddle, checkTunnel } from '../../schemas/check-tunnel'
import { isOneMachine } from '../../schemas/machine'
import type { Host, Middle, Tunnel } from '../../schemas/types'
import { namesIn, readable, readCase, snapshotOf, writeCase } from './cases'

interface Case {
  readonly tunnel?: Tunnel
  readonly middle?: Middle
  readonly known: Known
  readonly derived: unknown
}

const derive = ({ tunnel, middle, known: told }: Case) => {
  const known: Known = { supervisor: 'systemd', ...told }
  if (tunnel) return deriveTunnel(tunnel, known)
  if (middle) return deriveMiddle(middle)
  throw new Error('a case has a tunnel or a middle')
}

describe.each(namesIn('derive'))('%s', name => {
  const given = readCase('derive', name) as Case
  const derived = derive(given)

  test('derives to exactly these parts', () => {
    const texts = derived.placed.flatMap(({ at }) => ('text' in at ? [at.text] : []))
    const placed = derived.placed.map(({ host, ...one }) => ({ host: host.name, ...one }))
    const { listening } = derived
    const shown = {
      placed,
      outputs: derived.outputs,
      listening: listening.map(one => ({ ...one, host: one.host.name })),
    }
    const seen = { ...given, derived: readable(shown, texts) }
    if (process.env.UPDATE_CASES) writeCase('derive', name, seen)
    expect(seen).toEqual(readCase('derive', name))
  })

  test('is something that validation lets through', () => {
    expect(given.tunnel ? checkTunnel(given.tunnel) : given.middle && checkMiddle(given.middle)).toEqual([])
  })

  test('on hosts with nothing of ours nothing is left to remove', () => {
    for (const placed of derived.placed) {
      const on = snapshotOf({ nft: 'policy-drop' })
      const part = parts[placed.kind] as unknown as {
        observe(...all: unknown[]): unknown
        plan(...all: unknown[]): unknown
      }
      expect(part.plan(null, part.observe(on, placed.at), on, placed.at)).toEqual([])
    }
  })
})

test('the wanted state of every part has the attributes of its kind, so that a plan shows them all', () => {
  const wants = namesIn('derive').flatMap(name => derive(readCase('derive', name) as Case).placed)
  const attributes = (kind: string) => [
    ...new Set(wants.flatMap(one => (one.kind === kind && one.want ? [Object.keys(one.want).sort().join()] : []))),
  ]
  expect(attributes('account')).toEqual(['name,owner,shell'])
  expect(attributes('service')).toEqual(['active,enabled,supervisor,unit,unitSha256'])
  expect(attributes('firewall').sort()).toEqual([
    'limits,manager,open,opens,persistent',
    'limits,manager,open,opens,persistent,redirects',
    'manager,open,opens,persistent',
  ])
})

test('two hosts are one machine by address, port of sshd and the jump host before it, or when both are here', () => {
  const at = (host: Partial<Host>): Host => ({ name: 'x', ...host })
  expect(isOneMachine(at({ address: 'a' }), at({ address: 'a', port: 22, user: 'other' }))).toBe(true)
  expect(isOneMachine(at({ address: 'a' }), at({ address: 'a', port: 2222 }))).toBe(false)
  expect(isOneMachine(at({ local: true }), at({ local: true, address: 'a' }))).toBe(true)
  expect(isOneMachine(at({ local: true, address: 'a' }), at({ address: 'a' }))).toBe(false)
  expect(isOneMachine(at({ address: 'A.example' }), at({ address: 'a.example' }))).toBe(true)
  expect(isOneMachine(at({}), at({}))).toBe(false)
  const behind = (...gates: string[]) =>
    at({ address: '10.0.0.5', via: gates.map(address => ({ name: address, address })) })
  expect(isOneMachine(behind('outer', 'gate'), behind('gate'))).toBe(true)
  expect(isOneMachine(behind('gate'), behind('other'))).toBe(false)
})
