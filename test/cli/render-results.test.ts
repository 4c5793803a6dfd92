// What people read of what came of a plan, as golden texts.
import { renderResults, renderTrouble, renderTroubles } from '../../cli/render-results'
import { Fault } from '../../engine/fault'
import { fault, proof, result, web } from './results'

test('what is done ends in a table of what far answered', () => {
  const quiet = { ...web, name: 'quiet-one', action: 'none', status: 'unchanged', farAnswered: null } as const
  expect(renderResults([web, quiet, { ...result, name: 'old', action: 'remove', status: 'done' }])).toBe(
    `TUNNEL     ENDPOINT           FAR ANSWERED
web        203.0.113.20:8080  HTTP/1.1 200
quiet-one  203.0.113.20:8080  not asked

Complete: 1 added, 0 changed, 1 destroyed.
`,
  )
})

test('a proof that is missing, or that did not pass the firewall, is told as what it is', () => {
  const rows = [
    { ...web, name: 'a', proof },
    { ...web, name: 'b', proof: { ...proof, from: 'middle', pastFirewall: false } },
    { ...web, name: 'c', endpoint: '127.0.0.1:1', proof: { ...proof, from: 'middle', pastFirewall: false } },
    { ...web, name: 'd', proof: { ...proof, answered: false, evidence: 'no answer', farAnswered: '', why: 'no' } },
    { ...web, name: 'e', proof: { ...proof, answered: null, evidence: 'not asked', farAnswered: '', why: 'no' } },
  ] as const
  const told = renderResults(rows).split('\n').slice(1, 6)
  expect(told.map(line => line.split(/ {2,}/)[2])).toEqual([
    'SSH-2.0',
    'SSH-2.0, past the firewall: no (from middle; probeFrom names a host that can tell)',
    'SSH-2.0',
    'no answer',
    'unknown',
  ])
})

test('what is not done says how far it came', () => {
  const undone = [
    { ...result, name: 'a', status: 'failed', why: new Error('no') },
    { ...result, name: 'b', action: 'update', status: 'stopped' },
    { ...result, name: 'c', status: 'skipped', why: new Error('the settings of middle come first') },
    { ...result, name: 'd', status: 'skipped' },
  ] as const
  expect(renderResults([web, ...undone])).toBe(
    `TUNNEL  ENDPOINT           FAR ANSWERED
web     203.0.113.20:8080  HTTP/1.1 200

Done: web (1 added, 0 changed, 0 destroyed)
Not done:
  a: failed; what was begun is taken back
  b: stopped; begun, the rest is to do
  c: not begun: the settings of middle come first
  d: not begun
`,
  )
})

test('what stays on a host that could not be reached is not called removed, and nothing is complete beside an error', () => {
  const why = new Error('removed from middle; near could not be reached, what is there stays')
  const partly = { ...result, name: 'old', action: 'remove', status: 'partly', why } as const
  expect(
    renderResults([partly], [{ about: 'host near', why: fault }]),
  ).toBe(`Done: nothing (0 added, 0 changed, 0 destroyed)
Not done:
  old: removed from middle; near could not be reached, what is there stays
  host near: see the error
`)
  expect(renderResults([web], [{ about: 'host near', why: fault }])).not.toContain('Complete')
})

test('an error is the whole fault, and steers no terminal', () => {
  expect(renderTrouble({ about: 'tunnel web', why: fault })).toBe(
    'Error: tunnel web: port 1 is taken\n  What you can do:  choose another\n',
  )
  expect(renderTrouble({ about: 'tunnel web', why: new Error('\x1b[2J\u202Eevil') })).toBe(
    'Error: tunnel web: \uFFFD[2J\uFFFDevil\n',
  )
})

test('what keeps from a jump host is told in full once, then only who else is behind it', () => {
  const away = (place: string) =>
    new Fault({
      code: 'host-unreachable',
      host: 'relay',
      what: `cannot reach jump host relay (${place})`,
      cure: 'check it',
    })
  const told = renderTroubles([
    { about: 'host a', why: away('on the way to a') },
    { about: 'host b', why: away('on the way to b') },
    { about: 'host relay', why: away('') },
    {
      about: 'host c',
      why: new Fault({ code: 'host-unreachable', host: 'gate', what: 'cannot reach jump host gate' }),
    },
  ])
  expect(told).toEqual([
    'Error: host a: cannot reach jump host relay (on the way to a)\n  What you can do:  check it\n',
    'Error: host b: is behind relay too: see host a\n',
    'Error: host relay: cannot reach jump host relay ()\n  What you can do:  check it\n',
    'Error: host c: cannot reach jump host gate\n',
  ])
})
