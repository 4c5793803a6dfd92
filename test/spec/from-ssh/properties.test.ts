// What holds for any line: it is read as it was written, its places stand in the text, and what is damaged is told and not thrown.
import fc from 'fast-check'
import { formatAddress } from '../../../schemas/address'
import {
  commandOfHand,
  flagOfForward,
  readCommand,
  readHosts,
  readProcess,
  readStartLines,
  writeForward,
} from '../../../spec/from-ssh'
import { formatProblems } from '../../../spec/problem'
import { address, handLine, hostName } from '../../arbitraries'
import { tries } from '../../tries'
import { unsafe } from '../../unsafe'

test('what is written is what is read, in any order and quoting', () => {
  fc.assert(
    fc.property(handLine, ({ words, destination, forwards, jumps }) => {
      const { found, problems } = readProcess(['ssh', ...words])
      expect(problems).toEqual([])
      expect(found?.destination).toMatchObject(destination)
      expect(found?.jumps).toEqual(jumps)
      expect(found?.forwards.map(one => [flagOfForward(one), writeForward(one)])).toEqual(forwards)
    }),
    tries(500),
  )
})

test('the short line says the same tunnel again', () => {
  fc.assert(
    fc.property(handLine, ({ words }) => {
      const { found } = readProcess(['ssh', ...words])
      if (!found) throw new Error('not read')
      const again = readCommand(commandOfHand(found)).found
      const essence = ({ destination: { host, user, port }, forwards, jumps }: typeof found) => ({
        destination: { host, user, port: port ?? 22 },
        forwards: forwards.map(writeForward),
        jumps,
      })
      expect(again && essence(again)).toEqual(essence(found))
    }),
    tries(500),
  )
})

const scraps = [
  "'",
  '"',
  '\\',
  ' ',
  '$X',
  '`',
  '[',
  ']',
  ':',
  '/',
  '-',
  '\n',
  ';',
  '&',
  '\u0000',
  '\u001b[2J',
  '\u202e',
  '日本',
  '%',
  '=',
  '*',
  '@',
]

test('damaged lines, configurations and units are told, not thrown, at a place that is there', () => {
  const damage = fc.record({ at: fc.nat(300), length: fc.nat(5), scrap: fc.constantFrom('', ...scraps) })
  const shapes = [
    (line: string) => line,
    (line: string) => `[Service]\nExecStart=${line}\n`,
    (line: string) => `*/5 * * * * ${line}\n`,
    (line: string) => `Host web\n  LocalForward 8080 far:80\n  ProxyCommand ${line}\n`,
  ]
  const damaged = fc
    .tuple(handLine, fc.constantFrom(...shapes), fc.array(damage, { maxLength: 5 }))
    .map(([{ words }, shape, damages]) =>
      damages.reduce(
        (text, { at, length, scrap }) =>
          text.slice(0, at % (text.length + 1)) + scrap + text.slice((at % (text.length + 1)) + length),
        shape(['ssh', ...words].join(' ')),
      ),
    )
  fc.assert(
    fc.property(damaged, text => {
      const source = { name: 'f', text }
      const all = [readCommand(text, 'f').problems, readStartLines(source).problems, readHosts(source, []).problems]
      const lines = text.split('\n')
      for (const { line, column, length, message } of all.flat()) {
        const shown = lines[line - 1]
        const fits = shown !== undefined && column >= 1 && column <= shown.length + 1 && length >= 1
        if (!fits) throw new Error(`${line}:${column}: ${message}`)
      }
      expect(formatProblems(all.flat(), text)).not.toMatch(/undefined|\[object/)
      expect(formatProblems(all.flat(), text)).not.toMatch(unsafe)
    }),
    tries(2000),
  )
})

test('a far of any kind is written back', () => {
  const far = fc.tuple(fc.oneof(address, hostName), fc.integer({ min: 1, max: 65535 }))
  fc.assert(
    fc.property(far, ([host, port]) => {
      const text = formatAddress({ kind: 'tcp', host, port })
      const { found } = readCommand(`ssh -N -L '80:${text}' m`)
      expect(found?.forwards[0]?.far).toEqual({ kind: 'tcp', host, port })
    }),
    tries(300),
  )
})
