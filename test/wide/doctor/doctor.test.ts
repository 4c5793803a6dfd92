// The doctor on every kind of firewall: each ailment is recognised by name, as the first thing that is wrong, and cured as it says.

import { type ImageName, type Lab, startLab } from '../../../lab'
import { readDocument } from '../../cli/json-document'
import { type CommandLine, makeCommandLine } from '../../lab/command-line'
import { find } from '../found'
import { ailmentsOf } from './ailments'
import type { Ailment, Change } from './ailments/ailment'

const images: readonly ImageName[] = ['bookworm', 'trixie', 'ufw', 'firewalld', 'iptables-nft']

/** As the table tells it. */
const cured = ({ cure }: Ailment): string =>
  cure === 'fix' ? 'cured' : cure instanceof RegExp ? 'told' : 'told, cured'

describe.each(images)('%s', image => {
  let lab: Lab
  let command: CommandLine

  const declare = ({ web, middle }: Change = {}) => {
    const { hostOf } = command
    command.write('tunnels.yaml', {
      owner: 'doctor',
      hosts: { near: hostOf('near'), middle: { ...hostOf('middle'), ...middle } },
      tunnels: {
        web: {
          client: 'near',
          server: 'middle',
          forward: 'remote',
          listen: '203.0.113.20:8080',
          far: 'far:80',
          serverAlive: { interval: 5, countMax: 1 },
          ...web,
        },
      },
    })
  }
  const apply = async () => {
    const { code, stderr } = await command.run('apply', 'tunnels.yaml')
    if (code !== 0) throw new Error(stderr)
  }

  beforeAll(async () => {
    lab = await startLab({ images: { middle: image }, log: () => {} })
    command = makeCommandLine(lab)
    declare()
    await apply()
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    command?.remove()
  })

  const ask = async (...words: string[]) => {
    const { code, stdout } = await command.run('doctor', 'tunnels.yaml', 'web', '--json', ...words)
    const told = readDocument('doctor', stdout)
    return { code, told, web: told.tunnels[0] }
  }

  /** Nobody has to do more than `--fix` does, which has been shown before. */
  const fixed = async () => {
    const { told, code } = await ask('--fix', '--yes')
    const { errors, tunnels, fix } = told
    const changes = fix?.changes.map(({ name }: { name: string }) => name)
    expect({ code, errors, first: tunnels[0].first, changes }).toEqual({
      code: 0,
      errors: [],
      first: null,
      changes: ['web'],
    })
    return fix.before[0]
  }

  const recognise = ({ link, code, says }: Ailment, { first }: { first: Record<string, string> | null }) => {
    const text = [first?.what, first?.evidence].join('\n')
    expect({ link: first?.link, code: first?.code, text }).toEqual({ link, code: code ?? first?.code, text })
    for (const words of says) expect(text).toMatch(words)
  }

  test('a tunnel that is well is told to be well', async () => {
    const { code, web } = await ask()
    expect([code, web.verdict, web.first]).toEqual([0, 'ok', null])
  })

  test.each(ailmentsOf(image).map(one => [`${one.problem}: ${one.what}`, one] as const))(
    '%s',
    async (row, ailment) => {
      const { make, spec, cure, undo } = ailment
      let answer = '**no**'
      try {
        declare(spec)
        await make?.(lab)
        if (cure === 'fix') recognise(ailment, await fixed())
        else {
          const { code, web } = await ask()
          recognise(ailment, web)
          expect(code).toBe(3)
          expect(web.first.cure).toMatch(cure instanceof RegExp ? cure : cure.says)
          if (!(cure instanceof RegExp)) {
            declare(cure.spec)
            await fixed()
          }
        }
        answer = cured(ailment)
      } finally {
        find({ table: 'doctor', row, column: image, answer })
        await undo?.(lab)
        declare()
        // The session of before may hold the port for a while.
        if (answer !== 'cured' || spec) await apply()
      }
      expect((await ask()).web.first).toBeNull()
    },
    300_000,
  )
})
