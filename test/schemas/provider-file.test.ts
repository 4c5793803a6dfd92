// The Terraform provider's program as a file, where Terraform looks for it.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { goPlatform, homeOf, placeOf, programName, putProgram } from '../../schemas/provider-file'

let base: string
let program: string
let path: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'provider-file-'))
  program = join(base, 'program.cjs')
  writeFileSync(program, 'one')
  path = placeOf('1.2.3', join(base, 'plugins'), 'linux_amd64')
})
afterEach(() => rmSync(base, { recursive: true }))

test("the place is Terraform's, in Go's words for the machine", () => {
  const home = join(base, 'plugins/terraform.local/tunnels/sshtunnel')
  expect(homeOf(join(base, 'plugins'))).toBe(home)
  expect(path).toBe(join(home, '1.2.3/linux_amd64', programName('1.2.3')))
  expect(programName('1.2.3')).toBe('terraform-provider-sshtunnel_v1.2.3.cjs')
  expect(placeOf('1.2.3', base)).toContain(goPlatform(process.platform, process.arch))
  expect(goPlatform('linux', 'x64')).toBe('linux_amd64')
  expect(goPlatform('darwin', 'arm64')).toBe('darwin_arm64')
  expect(goPlatform('win32', 'ia32')).toBe('windows_386')
})

test('it is put where nothing is, kept where it is, and made executable', () => {
  expect(putProgram(program, path)).toBe('installed')
  const { ino } = statSync(path)
  chmodSync(path, 0o600)
  expect(putProgram(program, path)).toBe('unchanged')
  expect(statSync(path)).toMatchObject({ ino, mode: 0o100755 })
})

test.each<[string, (folder: string) => void]>([
  ['other content', () => writeFileSync(path, 'two')],
  ['another file', folder => writeFileSync(join(folder, 'old'), 'one')],
  [
    'the same content beside another file',
    folder => {
      writeFileSync(path, 'one')
      writeFileSync(join(folder, 'old'), 'two')
    },
  ],
  ['a folder', folder => mkdirSync(join(folder, 'old/inner'), { recursive: true })],
])('%s in its place goes, and nothing but the program stays', (_, put) => {
  mkdirSync(dirname(path), { recursive: true })
  put(dirname(path))
  expect(putProgram(program, path)).toBe('replaced')
  expect(readdirSync(dirname(path))).toEqual([programName('1.2.3')])
  expect(readFileSync(path, 'utf8')).toBe('one')
  expect(statSync(path).mode & 0o777).toBe(0o755)
})
