// Who has stolen a tunnel's key can do what the tunnel does, and nothing else. That each attempt would succeed for who may more, and the other
// distributions: test/wide/least-privilege.test.ts.
import { keyOf } from '../wide/attempt'
import { asEverything, permitted } from '../wide/attempts'
import { type Stage, startStage } from '../wide/thief'
import { tryEach } from '../wide/try-each'

let stage: Stage
beforeAll(async () => {
  stage = await startStage('bookworm')
})
afterAll(() => stage?.end())

test('a key does what its tunnel does, and nothing else', async () => {
  const tried = await tryEach(stage, [...permitted, ...asEverything], keyOf)
  const succeeded = tried.filter(({ outcome }) => outcome.succeeded).map(({ attempt }) => attempt.name)
  expect(succeeded.sort()).toEqual(permitted.map(({ name }) => name).sort())
  const keptOut = tried.filter(({ attempt, outcome }) => !outcome.letIn && !attempt.outside)
  expect(keptOut.map(({ attempt, outcome }) => ({ name: attempt.name, said: outcome.said }))).toEqual([])
}, 300_000)
