// What Terraform is told of values and errors that would steer a terminal: text.
import fc from 'fast-check'
import { findMistakes } from '../../provider/mistakes'
import { describeDiagnostics, explainError } from '../../provider/plugin/diagnostics'
import { formatLogLine } from '../../provider/plugin/log'
import { middleTerraform, tunnelTerraform } from '../../provider/schema'
import { hostile } from '../hostile-text'
import { tries } from '../tries'
import { unsafe } from '../unsafe'

test('diagnostics of any configuration and of any error hold nothing but text', () => {
  const host = fc.record({ name: hostile, address: hostile, host_key: hostile, known_hosts: hostile, user: hostile })
  const config = fc.record({
    ...{ name: hostile, owner: hostile, forward: hostile, listen: hostile, far: hostile, client: host, server: host },
    ...{ allow_from: fc.array(hostile), allow_users: fc.array(hostile), host, probe: hostile },
    extra: fc.dictionary(hostile, fc.array(hostile)),
  })
  fc.assert(
    fc.property(config, hostile, (given, said) => {
      for (const [type, schema] of [
        ['tunnel', tunnelTerraform],
        ['middle', middleTerraform],
      ] as const) {
        const told = [...findMistakes(type, given, Object.keys(given)), ...explainError(new Error(said))]
        for (const one of describeDiagnostics(told, schema.attributes) as { summary: string; detail: string }[])
          expect(one.summary + one.detail).not.toMatch(unsafe)
      }
      expect(formatLogLine('info', said, { said }, new Date(0))).not.toMatch(unsafe)
    }),
    tries(300),
  )
})
