// Judges that nobody here wrote: hashicorp's driver for provider tests and tofusoup lead our resources through their life on the lab's hosts,
// and hashicorp's plugin library asks every call of the protocol.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installProvider } from '../../cli/install-provider'
import { type Lab, type Result, startLab } from '../../lab'
import { must } from '../../lab/command'
import { fingerprints, hostsOf } from '../lab/stack'
import { findTerraform } from '../provider/terraform'

const root = join(__dirname, '../..')
const provider = join(root, 'dist/terraform-provider-sshtunnel.cjs')
const judges = join(root, 'test/judges')
const minutes = 60_000

let lab: Lab
let base: string
let soup: string
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'judges-'))
  installProvider({ home: base })
  // The first time on a machine both fetch what they need.
  const ask = { cwd: judges, timeoutMs: 10 * minutes }
  const [found] = await Promise.all([
    must(['./find-tofusoup.sh'], ask),
    must(['./find-go.sh'], ask).then(go => must([go.trim(), 'test', '-c', '-o', join(base, 'hashicorp'), '.'], ask)),
  ])
  soup = found.trim()
  lab = await startLab()
  before = await fingerprints(lab)
}, 10 * minutes)
afterAll(async () => {
  await lab?.stop()
  rmSync(base, { recursive: true })
})

const run = (argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> => {
  const own = { HOME: base, TMPDIR: base, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: undefined }
  return lab.run('controller', argv, { cwd: base, env: { ...own, ...env }, timeoutMs: 5 * minutes })
}

describe('hashicorp', () => {
  const judge = (test: string) => {
    const host = hostsOf(lab)
    return run([join(base, 'hashicorp'), '-test.v', `-test.run=${test}`], {
      TF_ACC_TERRAFORM_PATH: findTerraform(),
      JUDGE_PROVIDER: provider,
      JUDGE_CLIENT: JSON.stringify(host('near')),
      JUDGE_SERVER: JSON.stringify(host('middle')),
      JUDGE_ON_CLIENT: lab.ssh('near').join(' '),
    })
  }

  test(
    'finds every plan after an apply empty, every import whole, and each change as planned',
    async () => {
      const { code, stdout } = await judge('TestLife')
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('--- PASS: TestLife') })
      expect(await fingerprints(lab)).toEqual(before)
    },
    5 * minutes,
  )

  test('gets an answer to every call of protocol 6.11, and the process ends when it is told to', async () => {
    const { code, stdout } = await judge('TestCalls')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('--- PASS: TestCalls') })
  })
})

describe('tofusoup', () => {
  /** As TOML: JSON but for the sign between a name and its value. */
  const toml = (value: object): string =>
    `{ ${Object.entries(value)
      .map(([name, one]) => `${name} = ${typeof one === 'object' ? toml(one) : JSON.stringify(one)}`)
      .join(', ')} }`
  const lint = (type: string, config: object) => {
    const head = ['version = 1', '[provider]', 'source = "terraform.local/tunnels/sshtunnel"', 'version = "0.1.0"']
    const one = ['[[case]]', 'kind = "resource"', `type_name = "${type}"`, `config = ${toml(config)}`]
    writeFileSync(join(base, 'suite.toml'), [...head, ...one, ''].join('\n'))
    return run([soup, 'lint', 'suite.toml', '--provider', provider, '--lane', 'direct', '--json'])
  }

  test('gets from its own handshake to the mistakes of a resource', async () => {
    const host = hostsOf(lab)
    const tunnel = {
      name: 'web',
      forward: 'remote',
      listen: '203.0.113.20:8080',
      client: host('near'),
      server: host('middle'),
    }
    const good = await lint('sshtunnel_tunnel', { ...tunnel, far: 'far:80' })
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('"diagnostics": []') })
    const bad = await lint('sshtunnel_tunnel', { ...tunnel, far: 'far' })
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('"summary": "far has no port"') })
  })

  test(
    'applies the HCL example, finds its plan empty, and destroys it',
    async () => {
      const example = join(base, 'examples/tutorial')
      mkdirSync(example, { recursive: true })
      cpSync(join(root, 'examples/terraform/main.tf'), join(example, 'main.tf'))
      const { address, hostKey } = lab.hosts.middle
      const { code, stdout, stderr } = await run([soup, 'stir', join(base, 'examples'), '--json'], {
        TOFUSOUP_TF_COMMAND: findTerraform(),
        TF_VAR_middle_address: address,
        TF_VAR_middle_host_key: hostKey,
        TF_VAR_identity_file: lab.keyFile,
      })
      // One that it passes over counts as passed too.
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: expect.stringMatching(/Passed: +1\b/) })
      expect(await fingerprints(lab)).toEqual(before)
    },
    5 * minutes,
  )
})
