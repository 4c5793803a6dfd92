// The toy provider as Terraform starts it in real life: one file in terraform.d/plugins, AutoMTLS on.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTerraform, type Terraform } from './terraform'
import { ADDRESS } from './toy'
import { bundleToy, isAlive, readJournal, waitFor, waitForApply } from './toy-program'

const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']
const LEAF = `terraform.d/plugins/${ADDRESS}/1.0.0/${platform()}_${ARCH}`

let folder: string
let terraform: Terraform

async function prepare(env: Readonly<Record<string, string>> = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'toy-'))
  terraform = makeTerraform({ TOY_FOLDER: folder, TOY_GRACE: '1000', ...env })
  const leaf = join(terraform.folder, LEAF)
  mkdirSync(leaf, { recursive: true })
  await bundleToy(join(leaf, 'terraform-provider-toy_v1.0.0.cjs'))
}

afterEach(async () => {
  await terraform.remove()
  rmSync(folder, { recursive: true, force: true })
})

async function init(attributes: string, env?: Readonly<Record<string, string>>): Promise<void> {
  await prepare(env)
  terraform.write({
    'main.tf': `
terraform {
  required_providers {
    toy = { source = "${ADDRESS}", version = "1.0.0" }
  }
}
resource "toy_thing" "a" {
  name = "a"
  ${attributes}
}
`,
  })
  expect((await terraform.run('init')).code).toBe(0)
}

/** The folders of the providers' sockets; all but a process killed by SIGKILL take theirs away. */
const sockets = () => readdirSync(join(terraform.folder, '../tmp')).filter(name => name.startsWith('tfp-'))

test('init, plan, apply and destroy work without a network, and every process cleans up', async () => {
  await init('')
  expect((await terraform.run('plan', '-detailed-exitcode')).code).toBe(2)
  expect(await terraform.run('apply', '-auto-approve')).toMatchObject({ code: 0, stderr: '' })
  expect(terraform.attributes('toy_thing.a')).toMatchObject({ id: 'id-a', color: 'grey' })
  expect((await terraform.run('plan', '-detailed-exitcode')).code).toBe(0)
  expect((await terraform.run('destroy', '-auto-approve')).code).toBe(0)
  const journal = readJournal(folder)
  expect(journal).not.toContain('stop')
  expect(journal.filter(line => line === 'close').length).toBeGreaterThanOrEqual(4)
  expect(sockets()).toEqual([])
})

test('a process whose Terraform is done ends by itself: go-plugin, which waits two seconds, has nothing to kill', async () => {
  await init('', { TF_LOG: 'debug' })
  const { code, stderr } = await terraform.run('validate')
  expect(code).toBe(0)
  expect(stderr).toContain('plugin process exited')
  expect(stderr).not.toMatch(/failed to exit gracefully|signal: killed/)
  expect(readJournal(folder).at(-1)).toBe('close')
  expect(sockets()).toEqual([])
})

test('Ctrl-C in the middle of an apply asks it to stop, and what it made is saved', async () => {
  await init('mood = "patient"')
  const { pid, done } = terraform.start('apply', '-auto-approve')
  const provider = await waitForApply(folder)
  process.kill(-pid, 'SIGINT')
  const { stdout } = await done
  expect(stdout).toContain('Interrupt received')
  expect(readJournal(folder)).toContain('stop')
  expect(terraform.attributes('toy_thing.a')).toMatchObject({ id: 'id-a' })
  expect(isAlive(provider)).toBe(false)
  expect(sockets()).toEqual([])
})

test('a killed Terraform leaves no provider behind; an apply under way is asked to stop first', async () => {
  await init('mood = "patient"')
  const { pid, done } = terraform.start('apply', '-auto-approve')
  const provider = await waitForApply(folder)
  process.kill(pid, 'SIGKILL')
  await done
  await waitFor('the end of the provider', () => !isAlive(provider))
  expect(readJournal(folder).slice(-2)).toEqual(['stop', 'close'])
  expect(sockets()).toEqual([])
})

test('an apply that does not listen is given up after the grace', async () => {
  await init('mood = "deaf"')
  const { pid, done } = terraform.start('apply', '-auto-approve')
  const provider = await waitForApply(folder)
  process.kill(pid, 'SIGKILL')
  await done
  await waitFor('the end of the provider', () => !isAlive(provider))
  expect(readJournal(folder).slice(-2)).toEqual(['stop', 'close'])
})

test('with TF_DISABLE_PLUGIN_TLS Terraform and the provider talk plainly', async () => {
  await init('', { TF_DISABLE_PLUGIN_TLS: '1' })
  expect(await terraform.run('apply', '-auto-approve')).toMatchObject({ code: 0, stderr: '' })
})

test('a log line of the provider reaches TF_LOG with its level and fields', async () => {
  await init('mood = "angry"', { TF_LOG: 'debug' })
  const { stderr } = await terraform.run('apply', '-auto-approve')
  expect(stderr).toMatch(/\[DEBUG\] provider\.\S+: toy_thing failed:\s+stack=\s+\| Error: a is angry/)
})
