// The doctor on every kind of firewall: each ailment is recognised by name, as the first thing that is wrong, and cured as it says.
import Ajv from 'ajv'
import schema from '../../../cli/json/doctor.schema.json'
import { type ImageName, type Lab, startLab } from '../../../lab'
import { type CommandLine, makeCommandLine } from '../../lab/command-line'
import { ailmentsOf } from './ailments'

const validate: ((told: unknown) => boolean) & { errors?: unknown } = new Ajv().compile(schema)
const images: readonly ImageName[] = (process.env.DOCTOR_IMAGES?.split(' ') as ImageName[] | undefined) ?? [
  'bookworm',
  'trixie',
  'ufw',
  'firewalld',
  'iptables-nft',
]

describe.each(images)('%s', image => {
  let lab: Lab
  let command: CommandLine

  beforeAll(async () => {
    lab = await startLab({ images: { middle: image }, log: () => {} })
    command = makeCommandLine(lab)
    const { hostOf } = command
    command.write('tunnels.yaml', {
      owner: 'doctor',
      hosts: { near: hostOf('near'), middle: hostOf('middle') },
      tunnels: {
        web: {
          client: 'near',
          server: 'middle',
          forward: 'remote',
          listen: '203.0.113.20:8080',
          far: 'far:80',
          serverAlive: { interval: 5, countMax: 1 },
        },
      },
    })
    const { code, stderr } = await command.run('apply', 'tunnels.yaml')
    if (code !== 0) throw new Error(stderr)
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    command?.remove()
  })

  const ask = async (...words: string[]) => {
    const { code, stdout, stderr } = await command.run('doctor', 'tunnels.yaml', 'web', '--json', ...words)
    const told = JSON.parse(stdout)
    if (!validate(told)) throw new Error(JSON.stringify(validate.errors))
    return { code, told, stderr, web: told.tunnels[0] }
  }

  test('a tunnel that is well is told to be well', async () => {
    const { code, web } = await ask()
    expect([code, web.verdict, web.first]).toEqual([0, 'ok', null])
  })

  test.each(ailmentsOf(image).map(one => [`${one.problem}: ${one.what}`, one] as const))(
    '%s',
    async (_title, { make, link, says, cure, undo }) => {
      try {
        await make(lab)
        const { code, web } = await ask()
        const { first } = web
        const text = [first?.what, first?.evidence].join('\n')
        expect({ code, link: first?.link, text }).toEqual({ code: 3, link, text: expect.anything() })
        for (const words of says) expect(text).toMatch(words)
        if (cure !== 'fix') expect(first?.cure).toMatch(cure)
        else {
          const { told, code: after } = await ask('--fix', '--yes')
          const { errors, tunnels } = told
          expect({ after, errors, first: tunnels[0].first }).toEqual({ after: 0, errors: [], first: null })
        }
      } finally {
        await undo?.(lab)
        await command.run('apply', 'tunnels.yaml')
      }
      expect((await ask()).web.first).toBeNull()
    },
    300_000,
  )
})
