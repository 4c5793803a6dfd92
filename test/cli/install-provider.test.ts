// install-provider: what init finds with it, for Terraform and for OpenTofu, on the HCL example.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { installProvider, pluginFolder, requiredProviders } from '../../cli/install-provider'
import { findTerraform } from '../provider/terraform'
import { tofuOrTerraform } from '../reuse/find-tofu'

const root = join(__dirname, '../..')
const program = join(root, 'dist/terraform-provider-sshtunnel.cjs')
const example = join(root, 'examples/terraform')
const tofu = tofuOrTerraform()

let base: string
let home: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'install-'))
  home = join(base, 'home')
  folder = join(base, 'work')
  mkdirSync(home)
  cpSync(example, folder, { recursive: true })
})
afterEach(() => rmSync(base, { recursive: true }))

/** Without a network, and with nothing of this machine's configuration. */
function run(binary: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: home, CHECKPOINT_DISABLE: '1', TF_INPUT: '0', TF_CLI_ARGS: '-no-color' }
  const ran = spawnSync('unshare', ['--net', binary, ...args], { cwd: folder, env, encoding: 'utf8' })
  if (ran.error) throw ran.error
  return { status: ran.status, output: ran.stdout + ran.stderr }
}

/** The same program with other content. */
function otherProgram(): string {
  const file = join(base, 'other.cjs')
  writeFileSync(file, `${readFileSync(program, 'utf8')}// other\n`)
  return file
}

describe.each([
  ['Terraform', findTerraform()],
  ['OpenTofu', tofu],
])('%s', (_, binary) => {
  test("init finds the provider below the user's home, and the example is valid", () => {
    expect(run(binary, 'init').status).not.toBe(0)
    expect(installProvider({ home }).did).toBe('installed')
    expect(run(binary, 'init')).toMatchObject({ status: 0 })
    expect(run(binary, 'validate')).toMatchObject({ status: 0 })
  })

  test("init finds it in the configuration's own folder", () => {
    installProvider({ dir: folder })
    expect(run(binary, 'init')).toMatchObject({ status: 0 })
    expect(run(binary, 'validate')).toMatchObject({ status: 0 })
  })

  test('after a replacement init is content again as the text says, and -upgrade would not do', () => {
    installProvider({ home })
    expect(run(binary, 'init')).toMatchObject({ status: 0 })
    const replaced = installProvider({ home, file: otherProgram() })
    expect(replaced.text).toContain('remove its block from that file')
    expect(run(binary, 'init', '-upgrade')).toMatchObject({ status: 1, output: expect.stringContaining('checksums') })
    removeLock()
    expect(run(binary, 'init')).toMatchObject({ status: 0 })
    expect(run(binary, 'validate')).toMatchObject({ status: 0 })
  })
})

/** What the text tells the user to do. */
function removeLock(): void {
  const lock = join(folder, '.terraform.lock.hcl')
  const text = readFileSync(lock, 'utf8').replace(
    /^provider "terraform.local\/tunnels\/sshtunnel" \{[\s\S]*?^\}\n/m,
    '',
  )
  writeFileSync(lock, text)
}

test('a second run changes nothing', () => {
  const { path } = installProvider({ home })
  const { ino, mtimeMs } = statSync(path)
  expect(installProvider({ home }).did).toBe('unchanged')
  expect(statSync(path)).toMatchObject({ ino, mtimeMs })
})

test('a file with other content is replaced, and what else lay beside it goes: the folder is hashed', () => {
  const { path } = installProvider({ home, file: otherProgram() })
  writeFileSync(join(dirname(path), 'terraform-provider-sshtunnel_v0.0.1'), 'old')
  expect(installProvider({ home }).did).toBe('replaced')
  expect(readFileSync(path)).toEqual(readFileSync(program))
  expect(readdirSync(dirname(path))).toEqual(['terraform-provider-sshtunnel_v0.1.0.cjs'])
  expect(statSync(path).mode & 0o777).toBe(0o755)
})

test('it says where the file is and the block to write, which the example has', () => {
  const { path, version, text } = installProvider({ home })
  expect(text).toContain(`Installed ${path}`)
  expect(text).toContain(requiredProviders(version))
  expect(readFileSync(join(example, 'main.tf'), 'utf8')).toContain(requiredProviders(version))
})

test('a provider that is not built is a clear error', () => {
  expect(() => installProvider({ home, file: join(base, 'none.cjs') })).toThrow('is not built')
})

test("the place is below the user's home", () => {
  expect(pluginFolder(undefined, '/home/me')).toBe('/home/me/.terraform.d/plugins')
})
