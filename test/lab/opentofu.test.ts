// First light on OpenTofu: the HCL example by hand, and the same kind of tunnels through cdktf. Where there is no OpenTofu, on Terraform; it says so.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installProvider } from '../../cli/install-provider'
import { type Lab, startLab } from '../../lab'
import { makeProject, type Project } from '../../lab/demo/project'
import { productOf, tofuOrTerraform } from '../reuse/find-tofu'
import { fetchPage, fingerprints, readBanner } from './stack'

const example = join(__dirname, '../../examples/terraform')
const binary = tofuOrTerraform()
const product = productOf(binary)

let lab: Lab
let before: Awaited<ReturnType<typeof fingerprints>>
beforeAll(async () => {
  lab = await startLab()
  before = await fingerprints(lab)
})
afterAll(() => lab?.stop())

describe('the HCL example', () => {
  let base: string
  let folder: string
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'hcl-'))
    folder = join(base, 'work')
    mkdirSync(folder)
    cpSync(join(example, 'main.tf'), join(folder, 'main.tf'))
    installProvider({ home: base })
  })
  afterAll(() => rmSync(base, { recursive: true }))

  const run = async (...args: string[]) => {
    const { address, hostKey } = lab.hosts.middle
    const vars = { middle_address: address, middle_host_key: hostKey, identity_file: lab.keyFile }
    const inputs = Object.fromEntries(Object.entries(vars).map(([name, value]) => [`TF_VAR_${name}`, value]))
    const own = { HOME: base, TF_INPUT: '0', TF_CLI_ARGS: '-no-color', TF_CLI_CONFIG_FILE: undefined }
    const env = { ...inputs, ...own, CHECKPOINT_DISABLE: '1' }
    const { code, stdout, stderr } = await lab.run('controller', [binary, ...args], { cwd: folder, env })
    return { code, said: stdout + stderr }
  }

  test('is applied, and far answers through the port', async () => {
    expect(await run('init')).toMatchObject({ code: 0 })
    const applied = await run('apply', '-auto-approve')
    expect(applied).toMatchObject({ code: 0, said: expect.stringContaining('2 added, 0 changed, 0 destroyed') })
    expect(applied.said).toContain(`${product} will perform the following actions`)
    expect(applied.said).toMatch(/far_answered = "SSH-2\.0-/)
    expect(await lab.hosts.near.sh('busybox nc -w 2 203.0.113.20 110 </dev/null | head -c 8')).toBe('SSH-2.0-')
  })

  test('then the plan is empty', async () => {
    expect(await run('plan', '-detailed-exitcode')).toMatchObject({
      code: 0,
      said: expect.stringContaining('No changes'),
    })
  })

  test('without its state it is imported by the documented blocks, and nothing changes', async () => {
    rmSync(join(folder, 'terraform.tfstate'))
    for (const name of ['tunnel', 'middle'])
      cpSync(join(example, 'import', `${name}.tf`), join(folder, `import-${name}.tf`))
    const imported = await run('apply', '-auto-approve')
    expect(imported).toMatchObject({
      code: 0,
      said: expect.stringContaining('2 imported, 0 added, 0 changed, 0 destroyed'),
    })
    expect(await run('plan', '-detailed-exitcode')).toMatchObject({ code: 0 })
  })

  test('is destroyed, and the hosts are as before', async () => {
    const destroyed = await run('destroy', '-auto-approve')
    expect(destroyed).toMatchObject({ code: 0, said: expect.stringContaining('2 destroyed') })
    expect(await fingerprints(lab)).toEqual(before)
  })
})

describe('cdktf', () => {
  const named = process.env.TERRAFORM_BINARY_NAME
  let project: Project
  beforeAll(() => {
    process.env.TERRAFORM_BINARY_NAME = binary
    project = makeProject(lab)
  })
  afterAll(() => {
    if (named === undefined) delete process.env.TERRAFORM_BINARY_NAME
    else process.env.TERRAFORM_BINARY_NAME = named
  })
  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await project.cdktf(...words)
    return { code, said: stdout + stderr }
  }

  test('deploys two tunnels, and far answers through both ports', async () => {
    const deployed = await run('deploy', 'tunnels', '--auto-approve')
    expect(deployed).toMatchObject({ code: 0, said: expect.stringContaining('2 added, 0 changed, 0 destroyed') })
    expect(deployed.said).toContain(`${product} will perform the following actions`)
    const answers = await Promise.all([readBanner(lab, 110), fetchPage(lab, 8080)])
    expect(answers).toEqual([expect.stringMatching(/^SSH-2\.0-/), 'hello from far\n'])
  })

  test('destroy leaves the hosts as they were', async () => {
    const destroyed = await run('destroy', 'tunnels', '--auto-approve')
    expect(destroyed).toMatchObject({ code: 0, said: expect.stringContaining('2 destroyed') })
    expect(await fingerprints(lab)).toEqual(before)
  })
})
