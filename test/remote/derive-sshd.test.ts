// The drop-ins that derive makes, against the real sshd: it takes them, and what is in effect is what was wanted.

import { differences } from '../../engine/look/differ'
import { parseSnapshot } from '../../engine/look/snapshot'
import { sshd } from '../../engine/parts/sshd'
import { type OwnLines, questionsOf } from '../../engine/parts/sshd-own'
import { deriveMiddle } from '../../engine/wish/middle'
import { deriveTunnel } from '../../engine/wish/tunnel'
import type { Middle, Tunnel } from '../../schemas/types'
import { namesIn, readCase } from '../engine/cases'
import { inPrivateRoot, look, prepareRoot, write } from './private-root'

beforeAll(prepareRoot)

const cases = namesIn('derive').flatMap(name => {
  const given = readCase('derive', name) as { tunnel?: Tunnel; middle?: Middle }
  const derived = given.tunnel ? deriveTunnel(given.tunnel, {}) : given.middle && deriveMiddle(given.middle)
  return (derived?.placed ?? []).flatMap(placed => (placed.kind === 'sshd' && placed.want ? [{ name, ...placed }] : []))
})

// Penalties are since 9.8, and the lab's base tree is older.
const taken = cases.filter(({ at }) => !at.own?.penalties)

test('what sshd makes of every drop-in is exactly what derive wants', () => {
  const asks = (own: OwnLines | undefined) => look(['look_whole'], ...(own ? questionsOf(own) : []))
  const scripts = taken.map(({ at }) => `${write(at.dropIn, at.text)}${asks(at.own)}rm ${at.dropIn}\necho --\n`)
  const outputs = inPrivateRoot('dash', `mkdir -p /run/sshd\n${scripts.join('')}`).stdout.split('--\n')
  for (const [index, { name, at, want }] of taken.entries()) {
    const on = parseSnapshot(outputs[index] ?? '')
    expect({ name, error: on.sshdError }).toEqual({ name, error: null })
    expect({ name, wrong: differences(want ?? {}, { ...sshd.observe(on, at) }) }).toEqual({ name, wrong: [] })
  }
})
