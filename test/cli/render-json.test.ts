// What programs read of a plan and of what came of it.
import { renderJson } from '../../cli/render-json'
import { readDocument } from './json-document'
import { changes, empty, leftAlone } from './plan-of-changes'
import { fault, proof, web } from './results'

test('the proofs of a JSON document are those of what was done, where something was', () => {
  const seen = {
    proofs: null,
    parts: {},
    outputs: {},
    proof,
    warnings: [],
  }
  const near = { name: 'near', local: true }
  const input = {
    name: 'web',
    forward: 'local',
    listen: '127.0.0.1:1',
    far: 'far:22',
    client: near,
    server: near,
  } as const
  const declared = { type: 'tunnel', input } as const
  const proofs = (results: Parameters<typeof renderJson>[0]['results']) =>
    readDocument(
      'change-hosts',
      renderJson({
        command: 'apply',
        spec: 't.yaml',
        owner: 't',
        changes: [{ ...empty, type: 'tunnel', name: 'web', action: 'update', declared, seen }],
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
