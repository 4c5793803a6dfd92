// Which files main.ts reads: what it says when one is missing, or cannot give a stack its name.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { makeFolder } from './synthesize'

function run(spec?: string) {
  const program = join(__dirname, '../../main.ts')
  const { status, stderr } = spawnSync('node', ['--require', require.resolve('tsx/cjs'), program], {
    cwd: makeFolder(),
    env: { ...process.env, TUNNELS_SPEC: spec },
    encoding: 'utf8',
  })
  return { status, stderr }
}

test('without a spec file it says how to name another', () => {
  expect(run()).toEqual({
    status: 1,
    stderr: expect.stringMatching(
      /^tunnels\.yaml cannot be read: there is no such file\nAnother spec file, or several: TUNNELS_SPEC=a\.yaml,b\.yaml\n$/,
    ),
  })
  expect(run('typo.yaml').stderr).toMatch(/\nTUNNELS_SPEC names the spec files: typo\.yaml\n$/)
})

test('a file whose name cannot be a stack is refused, with one that can', () => {
  const { status, stderr } = run('my tunnels.yaml')
  expect(status).toBe(1)
  expect(stderr).toMatch(/^my tunnels\.yaml: a stack cannot be called "my tunnels", .*: my-tunnels\.yaml\n$/)
})
