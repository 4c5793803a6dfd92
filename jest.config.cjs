// Every test runs real parts; those under test/lab boot real hosts and need root.
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  // What is generated must be as new as what it is made from.
  globalSetup: '<rootDir>/test/build.cjs',
  reporters: ['default', '<rootDir>/test/count-reporter.cjs'],
  testTimeout: 120_000,
  maxWorkers: 2,
}
