// Every test runs real parts; those under test/lab and test/wide boot real hosts and need root. Only `make test-wide` runs the latter.
const typescript = ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }]

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.WIDE ? [] : ['<rootDir>/test/wide/'])],
  transform: { '\\.ts$': typescript, '/node_modules/.+\\.js$': '@swc/jest' },
  // string-width and what it needs are ES modules only, which Jest cannot require before Node 24.9.
  transformIgnorePatterns: ['/node_modules/(?!(string-width|strip-ansi|ansi-regex|get-east-asian-width)/)'],
  // Builds what is generated, which must be as new as what it is made from, and sees to it that no lab stays.
  globalSetup: '<rootDir>/test/setup.ts',
  testSequencer: '<rootDir>/test/sequencer.cjs',
  reporters: ['default', '<rootDir>/test/count-reporter.cjs'],
  testTimeout: 120_000,
  // More than a small machine has cores: for most of its time a test waits for its hosts.
  maxWorkers: process.env.WIDE ? 2 : 4,
}
