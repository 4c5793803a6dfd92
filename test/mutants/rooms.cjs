// The rooms whose mutants are made, and the quick tests that should see them: each mutant waits for those that reach it.
module.exports = {
  parts: {
    sources: ['engine/parts/**/*.ts'],
    tests: ['mark', 'parts', 'derive', 'walks', 'inverse', 'checks', 'properties'].map(name => `engine/${name}`),
  },
  look: {
    sources: ['engine/look/*.ts'],
    tests: ['checks', 'snapshot', 'order-lines', 'readings', 'lies', 'companies'].map(name => `engine/${name}`),
  },
  schemas: {
    sources: ['schemas/*.ts', '!schemas/types.ts'],
    tests: ['schemas/check-tunnel', 'schemas/endpoint', 'schemas/follow-ref', 'schemas/properties', 'spec/cases', 'spec/spec'],
  },
  spec: { sources: ['spec/*.ts'], tests: ['spec/cases', 'spec/spec', 'spec/round-trip'] },
}
