// Mutation testing of one room, ROOM: `make mutants`. What was found stays in .stryker; `--mutate FILE` tries one file again.
// With SAMPLE=8 one block of lines of eight is tried: where all would take hours.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import rooms from './test/mutants/rooms.cjs'

const room = process.env.ROOM
const share = Number(process.env.SAMPLE ?? 1)

/** Lines of a block: a mutant that is longer is not among the sample. */
const block = 10

function sample() {
  const patterns = rooms[room].sources.map(source =>
    source.replace(/^(!?)/, (_all, not) => (not ? ':(exclude,glob)' : ':(glob)')),
  )
  const files = execFileSync('git', ['ls-files', ...patterns], { encoding: 'utf8' })
    .trim()
    .split('\n')
  let at = 0
  return files.flatMap(file => {
    const starts = [...Array(Math.ceil(readFileSync(file, 'utf8').split('\n').length / block)).keys()]
    return starts.filter(() => at++ % share === 0).map(start => `${file}:${start * block + 1}-${(start + 1) * block}`)
  })
}

export default {
  mutate: share > 1 ? sample() : rooms[room].sources,
  testRunner: 'jest',
  // Related tests would be looked for anew with each mutant.
  jest: { configFile: 'test/mutants/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A busy machine is slow.
  timeoutMS: 30_000,
  incremental: true,
  // By the one file of all tests it could not tell which of them have changed.
  force: true,
  incrementalFile: `.stryker/${room}.json`,
  tempDirName: '.stryker/tmp',
  reporters: ['progress-append-only'],
  ignorePatterns: ['dist', 'cdktf.out', 'docs', 'bench'],
}
