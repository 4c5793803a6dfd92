// The tests of one room, ROOM, for its mutants. Properties need few tries: whoever is wrong is so at once, mostly.
const { testMatch: _, globalSetup: __, reporters: ___, testSequencer: ____, ...config } = require('../../jest.config.cjs')

process.env.FC_RUNS ??= '20'

module.exports = {
  ...config,
  rootDir: '../..',
  roots: ['engine', 'schemas', 'spec', 'test'].map(room => `<rootDir>/${room}`),
  testRegex: '/test/mutants/all-tests\\.ts$',
}
