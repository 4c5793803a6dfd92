// A question that is asked once for a connection, as by run.ts: who may not run a program now may later.
import { startMark } from '../../engine/host/quote'
import { makeRun } from '../../engine/host/run'
import type { Ended } from '../../engine/host/ssh'

/** A host that refuses the first session, and then says of everybody that he is root. */
function carrier(answers: Ended[]) {
  const asked: string[] = []
  const exec = async (command: string): Promise<Ended> => {
    asked.push(command)
    return answers.shift() ?? { kind: 'ran', stdout: '', stderr: '', code: 0 }
  }
  return { asked, carrier: { name: 'middle', login: 'toor@middle', isRoot: false, exec } }
}

test('a refusal is not kept, an answer is', async () => {
  const root: Ended = { kind: 'ran', stdout: `${startMark}\n0\n`, stderr: '', code: 0 }
  const { asked, carrier: one } = carrier([{ kind: 'refused', why: 'open failed' }, root, root, root])
  const run = makeRun(one)
  await expect(run({ name: 'look', text: ':' }, [])).rejects.toMatchObject({ code: 'session-refused' })
  await run({ name: 'look', text: ':' }, [])
  await run({ name: 'look', text: ':' }, [])
  // Refused, who am I, look, look.
  expect(asked).toHaveLength(4)
})
