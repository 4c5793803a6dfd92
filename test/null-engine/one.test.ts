// `ssh-tunnels one`, as a null_resource runs it: what it takes, and how it says what is wrong. That it works is for test/lab.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
/** Nobody listens there. */
const host = { name: 'middle', address: '127.0.0.1', port: 1 }
const tunnel = { name: 'web', forward: 'local', listen: '127.0.0.1:8080', far: 'nas:80', client: host, server: host }

function one(verb: string, resource: unknown, by: 'environment' | 'stdin' = 'environment') {
  const text = typeof resource === 'string' ? resource : JSON.stringify(resource)
  const { SSH_TUNNELS_RESOURCE: _, ...env } = process.env
  const { status, stderr } = spawnSync(process.execPath, [program, 'one', verb], {
    env: by === 'environment' ? { ...env, SSH_TUNNELS_RESOURCE: text } : env,
    input: by === 'stdin' ? text : '',
    encoding: 'utf8',
  })
  return { status, stderr }
}

test('what is no JSON, or of no type, is refused', () => {
  const message = 'Error: the resource is not a JSON object: {"type": "tunnel", "input": {...}}\n'
  for (const text of ['', 'x', '"tunnel"']) expect(one('apply', text)).toEqual({ status: 1, stderr: message })
  const typeless = { status: 1, stderr: 'Error: type must be tunnel or middle\n' }
  expect(one('apply', { type: 'host', input: host })).toEqual(typeless)
})

test('every mistake in the shape is told, from the environment and from standard input', () => {
  const { far: _, ...wrong } = { ...tunnel, forward: 'lokal', extra: 1 }
  for (const by of ['environment', 'stdin'] as const) {
    const { status, stderr } = one('destroy', { type: 'tunnel', input: wrong }, by)
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toEqual([
      'Error: this is no tunnel:',
      "  input must have required property 'far'",
      '  input must NOT have additional properties: extra',
      '  forward must be equal to one of the allowed values',
    ])
  }
})

test('what cannot be is told before a host is asked', () => {
  const input = { ...tunnel, listen: 'nowhere:80' }
  expect(one('apply', { type: 'tunnel', input })).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^Error: tunnel web cannot be:\n {2}listen: /),
  })
})

test('a host that cannot be reached is an error with the host and what one can do', () => {
  for (const verb of ['apply', 'destroy']) {
    const { status, stderr } = one(verb, { type: 'tunnel', input: tunnel })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Error: tunnel web: .*middle[\s\S]*What you can do:/)
  }
})
