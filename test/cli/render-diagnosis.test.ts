// What the doctor prints: a line of each tunnel that is well, the walk of each that is not; nothing of a host steers the terminal.
import { colourDiagnoses, renderDiagnoses } from '../../cli/render-diagnosis'
import type { Diagnosis, Walked } from '../../engine'

const chain = { client: 'near', server: 'middle', listen: '203.0.113.20:8080', far: 'far:80' }
const check = (status: Walked['status'], what: string, more: Partial<Walked> = {}): Walked => ({
  link: 'session lives',
  host: 'near',
  status,
  what,
  ...more,
})
const answers = check('ok', 'far (far:80) answers', { link: 'far answers' })
const well: Diagnosis = { name: 'web', chain, verdict: 'ok', first: null, checks: [check('ok', 'all'), answers] }
const wrong = check('fail', 'it is wrong', { evidence: 'one\ntwo', cure: 'deploy', mends: true })
const sick: Diagnosis = {
  name: 'db',
  chain,
  verdict: 'fail',
  first: wrong,
  checks: [check('unknown', 'who knows', { evidence: 'nobody' }), wrong, { ...answers, status: 'not judged' }],
}
const render = (diagnoses: readonly Diagnosis[], all = false) =>
  renderDiagnoses({ diagnoses, all, cureOf: (_one, { cure }) => cure })

test('tunnels that are well have one line each, others their walk', () => {
  expect(render([well, sick])).toBe(`ok    web  far (far:80) answers
db: near -> middle -> far:80, listens on 203.0.113.20:8080
  ?     who knows
        nobody
  FAIL  it is wrong
        one
        two
        cure: deploy
  -     far: not reached, so not judged

2 tunnels: 1 ok, 1 failed.
`)
})

test('of a tunnel that stops at the way into a host one line tells of the rest', () => {
  const shut = check('fail', 'cannot reach middle', { link: 'reached', host: 'middle' })
  const rest = (['sshd lets it', 'session lives', 'far answers'] as const).map(link =>
    check('not judged', link, { link, host: 'middle' }),
  )
  expect(
    render([{ ...sick, first: shut, checks: [shut, ...rest] }]),
  ).toBe(`db: near -> middle -> far:80, listens on 203.0.113.20:8080
  FAIL  cannot reach middle
  -     everything behind it: not reached, so not judged
`)
})

test('all shows every check of those that are well too', () => {
  expect(render([well], true)).toBe(`web: near -> middle -> far:80, listens on 203.0.113.20:8080
  ok    all
  ok    far (far:80) answers
`)
})

test('a host cannot colour or clear the terminal, nor look like a verdict in colour', () => {
  const evil = check('fail', 'x\x1b[2J\x1b[32mok\x1b[0m', { evidence: '\x9b31m\n  ok    all is well' })
  const text = render([{ ...sick, first: evil, checks: [evil] }])
  expect(text).not.toContain('\x1b')
  expect(text).not.toContain('\x9b')
  // Evidence stands further in than a verdict does.
  expect(colourDiagnoses(text)).not.toContain('\x1b[32m')
})
