// The rooms whose mutants are made, and the quick tests that should see them: each mutant waits for those that reach it.
module.exports = {
  parts: {
    sources: ['engine/parts/**/*.ts'],
    tests: [
      ...['mark', 'parts', 'derive', 'walk', 'walks', 'inverse', 'inverse-managers', 'checks', 'obstacles', 'pam-access'],
      'properties',
    ].map(name => `engine/${name}`),
  },
  look: {
    sources: ['engine/look/*.ts'],
    tests: ['checks', 'snapshot', 'order-lines', 'readings', 'lies', 'companies'].map(name => `engine/${name}`),
  },
  schemas: {
    sources: ['schemas/*.ts', '!schemas/types.ts'],
    tests: [
      'schemas/check-tunnel',
      'schemas/check-far',
      'schemas/check-listen',
      'schemas/check-probe',
      'schemas/check-together',
      'schemas/endpoint',
      'schemas/find-mistakes',
      'schemas/follow-ref',
      'schemas/hosts',
      'schemas/names',
      'schemas/owner',
      'schemas/properties',
      'schemas/provider-file',
      'spec/cases',
      'spec/spec',
    ],
  },
  spec: {
    sources: ['spec/*.ts'],
    tests: ['cases', 'default-owner', 'limits', 'places', 'round-trip', 'spec'].map(name => `spec/${name}`),
  },
}
