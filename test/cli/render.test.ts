// What people and programs read of a plan and of what came of it, as golden texts.
import { importBlocks } from '../../cli/import-blocks'
import { makeProgress } from '../../cli/progress'
import { renderJson } from '../../cli/render-json'
import { colourPlan, renderLeftAlone, renderPlan } from '../../cli/render-plan'
import { renderResults, renderTrouble, renderTroubles } from '../../cli/render-results'
import type { Change } from '../../engine/compare/change'
import { groupByName } from '../../engine/compare/leftovers'
import { Fault } from '../../engine/fault'
import { knownAfterApply } from '../../engine/parts/part'
import type { Declared } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { readDocument } from './json-document'

const middle = { name: 'middle', address: '203.0.113.20' }
const empty = { values: [], parts: [], declared: null, leftovers: [], seen: null, unreached: [] }

const changes: readonly Change[] = [
  {
    ...empty,
    type: 'tunnel',
    name: 'web',
    action: 'create',
    values: [
      { name: 'listen', have: null, want: '203.0.113.20:8080' },
      { name: 'allowFrom', have: null, want: ['192.0.2.0/24'] },
    ],
    parts: [
      {
        action: 'create',
        attribute: 'key',
        host: 'near',
        values: [
          { name: 'path', have: null, want: '/etc/ssh-tunnels/web/key' },
          { name: 'publicKey', have: null, want: knownAfterApply },
        ],
      },
    ],
  },
  {
    ...empty,
    type: 'tunnel',
    name: 'server935-ssh',
    action: 'update',
    values: [{ name: 'command', have: 'ssh -N -L a', want: 'ssh -N -L b' }],
    parts: [
      { action: 'update', attribute: 'firewall', host: 'middle', values: [{ name: 'open', have: false, want: true }] },
      {
        action: 'update',
        attribute: 'sshd',
        host: 'middle',
        values: [
          { name: 'dropInSha256', have: 'a'.repeat(64), want: 'b'.repeat(64) },
          { name: 'permitOpen', have: ['any'], want: ['server935:22'] },
        ],
      },
    ],
  },
  { ...empty, type: 'middle', name: 'middle', action: 'none' },
  {
    ...empty,
    type: 'tunnel',
    name: 'old',
    action: 'remove',
    parts: [
      {
        action: 'remove',
        attribute: 'service',
        host: 'near',
        values: [{ name: 'unit', have: 'evil\x1b[2J', want: null }],
      },
    ],
  },
]

test('a plan reads like Terraform: one block a tunnel, each part with its host', () => {
  expect(renderPlan(changes)).toBe(`  # tunnel web will be created
  + tunnel "web" {
      + listen    = "203.0.113.20:8080"
      + allowFrom = ["192.0.2.0/24"]
      + key       = { # on near
          + path      = "/etc/ssh-tunnels/web/key"
          + publicKey = (known after apply)
        }
    }

  # tunnel server935-ssh will be changed
  ~ tunnel "server935-ssh" {
      ~ command  = "ssh -N -L a" -> "ssh -N -L b"
      ~ firewall = { # on middle
          ~ open = false -> true
        }
      ~ sshd     = { # on middle
          ~ dropInSha256 = "aaaaaaaaaaaa..." -> "bbbbbbbbbbbb..."
          ~ permitOpen   = ["any"] -> ["server935:22"]
        }
    }

  # tunnel old will be removed
  - tunnel "old" {
      - service = { # on near
          - unit = "evil\\u001b[2J"
        }
    }

Plan: 1 to add, 1 to change, 1 to destroy.
`)
})

test('a plan without changes is two words', () => {
  expect(renderPlan(changes.filter(({ action }) => action === 'none'))).toBe('No changes.\n')
})

const standIn = (name: string): Declared => ({
  type: 'tunnel',
  input: { name, forward: 'local', listen: '127.0.0.1:1', far: '127.0.0.1:1', client: middle, server: middle },
})
const leftAlone = groupByName([{ host: middle, standIn: standIn('theirs'), parts: [] }])

test('what is left alone is listed, with what would have it removed', () => {
  expect(renderLeftAlone(leftAlone, 't')).toBe(
    'left alone: tunnel theirs of owner t on middle, not in this spec; say owner: t in the spec to have it removed\n',
  )
  expect(renderLeftAlone([], 't')).toBe('')
})

test('on a terminal the sign at the head of a line is coloured, and nothing else', () => {
  expect(colourPlan('      ~ open = false -> true\n-/+ tunnel "a" {\n')).toBe(
    '      \x1b[33m~\x1b[0m open = false -> true\n-/+ tunnel "a" {\n',
  )
  expect(colourPlan('  -/+ tunnel')).toBe('  \x1b[31m-\x1b[0m/\x1b[32m+\x1b[0m tunnel')
})

const result = { type: 'tunnel', action: 'create', endpoint: null, farAnswered: null, why: null } as const
const web = {
  ...result,
  name: 'web',
  status: 'done',
  endpoint: '203.0.113.20:8080',
  farAnswered: 'HTTP/1.1 200',
} as const

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

const proof = {
  from: 'here',
  pastFirewall: true,
  answered: true,
  evidence: 'banner',
  farAnswered: 'SSH-2.0',
  why: '',
} as const

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

const fault = new Fault({ code: 'port-taken', host: 'middle', what: 'port 1 is taken', cure: 'choose another' })

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

test('the proofs of a JSON document are those of what was done, where something was', () => {
  const seen = { parts: {}, outputs: {}, proof, warnings: [] }
  const proofs = (results: Parameters<typeof renderJson>[0]['results']) =>
    readDocument(
      'change-hosts',
      renderJson({
        command: 'apply',
        spec: 't.yaml',
        owner: 't',
        changes: [{ ...empty, type: 'tunnel', name: 'web', action: 'update', seen }],
        leftAlone: [],
        outOfReach: [],
        warnings: [],
        results,
        troubles: [],
      }),
    ).proofs
  const now = { ...proof, answered: false, evidence: 'no answer' } as const
  expect(proofs(null)).toEqual([{ name: 'web', ...proof }])
  expect(proofs([{ ...web, proof: now }])).toEqual([{ name: 'web', ...now }])
  expect(proofs([{ ...web, status: 'failed' }])).toEqual([])
})

test('the JSON document holds every attribute, result and error', () => {
  const troubles = [{ about: 'tunnel web', why: fault }]
  const warnings = ['near: beware']
  const outcome = {
    command: 'apply',
    spec: 't.yaml',
    owner: 't',
    changes,
    leftAlone,
    outOfReach: [],
    warnings,
    results: [web],
    troubles,
  }
  const document = readDocument('change-hosts', renderJson(outcome))
  expect(document).toMatchObject({ command: 'apply', owner: 't', summary: { add: 1, change: 1, destroy: 1 } })
  expect(document.warnings).toEqual(warnings)
  expect(document.changes.map(({ name }: { name: string }) => name)).toEqual(['web', 'server935-ssh', 'old'])
  expect(document.changes[0].attributes).toContainEqual({
    part: 'key',
    host: 'near',
    action: 'create',
    name: 'publicKey',
    have: null,
    want: null,
    known: false,
  })
  expect(document.results).toEqual([
    {
      type: 'tunnel',
      name: 'web',
      action: 'create',
      status: 'done',
      endpoint: '203.0.113.20:8080',
      farAnswered: 'HTTP/1.1 200',
    },
  ])
  expect(document.leftAlone).toEqual([{ type: 'tunnel', name: 'theirs', hosts: ['middle'] }])
  expect(document.errors).toEqual([
    { about: 'tunnel web', code: 'port-taken', host: 'middle', message: expect.stringContaining('port 1 is taken') },
  ])
})

test('an import block holds the arguments in snake_case, as an HCL string without templates', () => {
  const near = { name: 'near', address: '198.51.100.10', identityFile: '~/.ssh/${x}' }
  const input: Tunnel = {
    name: 'web',
    owner: 't',
    forward: 'remote',
    listen: '*:1',
    far: 'a:2',
    client: near,
    server: near,
  }
  const text = importBlocks({ declared: [{ type: 'tunnel', input }] })
  expect(text).toMatch(/^import \{\n {2}to = sshtunnel_tunnel\.web\n {2}id = "\{.*\}"\n\}\n$/)
  expect(text).toContain('\\"identity_file\\":\\"~/.ssh/$${x}\\"')
  expect(text).toContain('\\"owner\\":\\"t\\"')
})

function screenOf(isTTY: boolean) {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  return { isTTY, columns: 60, rows: 10, write, read: () => text }
}

test('in a pipe, progress is a plain line for each thing done', () => {
  const screen = screenOf(false)
  const progress = makeProgress(screen)
  progress.tell('web', 'near: make the key pair', { host: 'near', round: 0 })
  progress.tell('middle', 'middle: set sshd', { host: 'middle', round: 1 })
  progress.say('web: done')
  expect(screen.read()).toBe('web: near: make the key pair\nmiddle: set sshd\nweb: done\n')
})

test('of more hosts than a terminal has rows, those where something is new are shown, and how many others there are', () => {
  const screen = screenOf(true)
  const progress = makeProgress(screen)
  for (let host = 1; host <= 50; host++)
    progress.tell('web', `host-${host}: add account`, { host: `host-${host}`, round: 0 })
  progress.tell('web', 'host-3: make the key pair', { host: 'host-3', round: 0 })
  const drawn = screen.read().split('\x1b[J').at(-1) ?? ''
  const shown = drawn.split('\n')
  // Two rows are left to the terminal's own.
  expect(shown.filter(Boolean)).toHaveLength(8)
  expect(shown[0]).toBe('and 43 more, where nothing is new')
  expect(shown[6]).toMatch(/^host-50 /)
  expect(shown[7]).toMatch(/^host-3 +accounts and sshd +2 +make the key pair$/)
})

test('on a terminal, progress is one line for each host and round, counted and cut to its width', () => {
  const screen = screenOf(true)
  const progress = makeProgress(screen)
  progress.tell('web', 'near: make the key pair', { host: 'near', round: 0 })
  progress.tell('db', 'near: add account tun-db, which is rather a long sentence', { host: 'near', round: 0 })
  progress.tell('db', 'middle: write the authorized key', { host: 'middle', round: 1 })
  expect(screen.read().split('\x1b[1A\x1b[J').at(-1)).toBe(
    `near       accounts and sshd    2  add account tun-db, whic
middle     authorized keys      1  write the authorized key
`,
  )
})
