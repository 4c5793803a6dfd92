// main.ts as cdktf-cli runs it: a stack for each file, or every mistake and nothing else.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, readStack, writeBundle } from './synthesize'

const root = join(__dirname, '../..')
const good = readFileSync(join(root, 'tunnels.yaml'), 'utf8')

function run(files: Record<string, string>, spec?: string) {
  const folder = makeFolder()
  const outdir = join(folder, 'cdktf.out')
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const context = JSON.stringify({ sshtunnelProviderBundle: writeBundle('one') })
  const { status, stderr } = spawnSync('node', ['--require', require.resolve('tsx/cjs'), join(root, 'main.ts')], {
    cwd: folder,
    env: { ...process.env, CDKTF_OUTDIR: outdir, CDKTF_CONTEXT_JSON: context, TUNNELS_SPEC: spec },
    encoding: 'utf8',
  })
  return { status, stderr, outdir }
}

test('tunnels.yaml becomes the stack tunnels', () => {
  const { status, stderr, outdir } = run({ 'tunnels.yaml': good })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(Object.keys(readStack(outdir, 'tunnels').output)).toEqual(['server935-ssh'])
})

test('TUNNELS_SPEC names several files, each a stack', () => {
  const { status, outdir } = run({ 'a.yaml': good, 'b.yml': good, 'c.yaml': good }, 'a.yaml,b.yml:c.yaml')
  expect(status).toBe(0)
  for (const name of ['a', 'b', 'c']) expect(readStack(outdir, name).resource).toHaveProperty('sshtunnel_tunnel')
})

test('the mistakes of all files are printed, without a stack trace, and nothing is synthesized', () => {
  const bad = good.replace('forward: local', 'forward: lokal')
  const { status, stderr, outdir } = run(
    { 'a.yaml': bad, 'b.yaml': good, 'c.yaml': bad },
    'a.yaml,b.yaml,c.yaml,d.yaml',
  )
  expect(status).toBe(1)
  expect(stderr).toMatch(/^a\.yaml:\d+:\d+ {2}forward must be one of/)
  expect(stderr).toMatch(/^c\.yaml:\d+:\d+ {2}forward must be one of/m)
  expect(stderr).toContain('d.yaml cannot be read')
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(existsSync(outdir)).toBe(false)
})

test('two files of one name would be one stack, so that is a mistake', () => {
  const { status, stderr, outdir } = run({ 'a.yaml': good, 'a.yml': good }, 'a.yaml,a.yml')
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'a.yml: there is already a stack called a; rename one of the two files\n',
  })
  expect(existsSync(outdir)).toBe(false)
})
