// Who has stolen a tunnel's key can do what the tunnel does, and nothing else: everything else is tried, on each distribution, and succeeds
// for who may everything.
import type { ImageName } from '../../lab'
import { type Attempt, groups, keyOf, type Login } from './attempt'
import { asEverything, atJump, attempts, permitted, permittedAtJump } from './attempts'
import { find } from './found'
import { type Stage, startStage } from './thief'
import { tryEach } from './try-each'

const minutes = 60_000

const columns: Readonly<Partial<Record<ImageName, string>>> = {
  bookworm: 'Debian 12',
  trixie: 'Debian 13',
  'ssh-socket': 'Debian 13, ssh.socket',
  'rhel-like': "RHEL 9's sshd",
}

test('each attempt is named once', () => {
  const names = attempts.map(({ group, name }) => `${group}: ${name}`)
  expect([...new Set(names)]).toEqual(names)
})

describe.each(Object.entries(columns) as [ImageName, string][])('%s', (image, column) => {
  let stage: Stage
  let stood: string[]
  beforeAll(async () => {
    stage = await startStage(image)
    stood = await stage.listeners()
  }, 10 * minutes)
  afterAll(() => stage?.end())

  const tryAll = (list: readonly Attempt[], whose: (attempt: Attempt) => Login) => tryEach(stage, list, whose)
  const title = ({ group, name }: Attempt) => `${group}: ${name}`

  test('the keys are good: each does what its tunnel does', async () => {
    const tried = await tryAll(permitted, keyOf)
    expect(tried.filter(({ outcome }) => !outcome.succeeded)).toEqual([])
  })

  test(
    'every attempt is one: who may everything succeeds',
    async () => {
      const tried = await tryAll(asEverything, ({ control = 'everything' }) => control)
      const failed = tried.filter(({ outcome }) => !outcome.succeeded)
      expect(failed.map(({ attempt, outcome }) => ({ attempt: title(attempt), said: outcome.said }))).toEqual([])
      expect(tried.length).toBeGreaterThanOrEqual(60)
    },
    10 * minutes,
  )

  test(
    'no attempt succeeds with the key of a tunnel, although sshd lets it in',
    async () => {
      const tried = await tryAll(attempts, keyOf)
      for (const group of [...groups, 'all']) {
        const those = tried.filter(({ attempt }) => group === 'all' || attempt.group === group)
        const succeeded = those.filter(({ outcome }) => outcome.succeeded).length
        find({ table: 'least-privilege', row: group, column, answer: `${succeeded} of ${those.length} succeed` })
      }
      const wrong = tried.filter(({ attempt, outcome }) => outcome.succeeded || !(outcome.letIn || attempt.outside))
      expect(wrong.map(({ attempt, outcome }) => ({ attempt: title(attempt), ...outcome }))).toEqual([])
    },
    10 * minutes,
  )

  test(
    'nor with that of one that has it as a jump host, but to reach the next sshd',
    async () => {
      const tried = await tryAll([...permittedAtJump, ...atJump], keyOf)
      const succeeded = tried.filter(({ outcome }) => outcome.succeeded)
      expect(succeeded.map(({ attempt }) => attempt.name)).toEqual(['the next sshd'])
      const keptOut = tried.filter(({ attempt, outcome }) => !(outcome.letIn || attempt.outside))
      expect(keptOut.map(({ attempt, outcome }) => ({ attempt: title(attempt), said: outcome.said }))).toEqual([])
      find({ table: 'least-privilege', row: 'at a jump host', column, answer: `0 of ${atJump.length} succeed` })
    },
    10 * minutes,
  )

  test(
    'the key of a shared connection does what its tunnels do together, and nothing else',
    async () => {
      const tried = await tryAll([...asEverything, ...permitted], () => 'shared')
      const succeeded = tried.filter(({ outcome }) => outcome.succeeded).map(({ attempt }) => attempt.tries)
      const own = permitted.filter(({ key }) => key === 'shared').map(({ tries }) => tries)
      expect([...new Set(succeeded)].sort()).toEqual(own.sort())
    },
    10 * minutes,
  )

  test('nothing of all that has stayed, and the tunnels are as they were', async () => {
    expect(await stage.listeners()).toEqual(stood)
    expect((await stage.line.run('plan', 'tunnels.yaml', '--detailed-exitcode')).code).toBe(0)
  })
})
