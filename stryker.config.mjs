// Mutation testing of one room, ROOM: `make mutants`. What was found stays in .stryker; `--mutate FILE` tries one file again.
import rooms from './test/mutants/rooms.cjs'

const room = process.env.ROOM

export default {
  mutate: rooms[room].sources,
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
