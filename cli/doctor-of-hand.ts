// `doctor` on tunnels that we did not make, as text or as JSON.
import { plain } from '../schemas/plain'
import type { Words } from './command'
import { diagnoseHand } from './diagnose-hand'
import { renderHandJson } from './doctor-json'
import { colourDiagnoses, renderDiagnoses } from './render-diagnosis'
import { takesColour } from './terminal'

/** Resolves to the exit status. @throws WrongWords */
export async function doctorOfHand(words: Words): Promise<number> {
  const hosts = [...words.argumentsOf('SPEC'), ...words.argumentsOf('TUNNEL')]
  const found = await diagnoseHand(words, hosts)
  const { diagnoses, notes, yaml, text } = found
  if (words.has('json')) process.stdout.write(renderHandJson(found))
  else {
    const walks = renderDiagnoses({ diagnoses, all: true, cureOf: (_, { cure }) => cure })
    process.stdout.write(takesColour(process.stdout) ? colourDiagnoses(walks) : walks)
    for (const note of notes) process.stdout.write(`${plain(note)}\n`)
    if (yaml !== '') process.stdout.write(plain(`\nas a spec, for ssh-tunnels apply:\n\n${yaml}`))
    if (text !== '') process.stderr.write(`${plain(text)}\n`)
  }
  if (text !== '') return 1
  return diagnoses.length > 0 && diagnoses.every(({ verdict }) => verdict === 'ok') ? 0 : 3
}
