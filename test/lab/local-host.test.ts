// near is this machine: terraform runs on near itself, and reaches near without SSH.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint, type Lab, startLab } from '../../lab'
import { findTerraform } from '../provider/terraform'
import { fetchPage, hostsOf } from './stack'

let lab: Lab
let before: string

/** Copies a program of this machine into near. */
function install(from: string, to: string): void {
  const [file = '', ...args] = lab.argvIn('near', [
    'sh',
    '-c',
    'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod 755 "$1"',
    'sh',
    to,
  ])
  execFileSync(file, args, { input: readFileSync(from) })
}

const terraform = (words: string) =>
  lab.hosts.near.sh(
    `cd /opt/work && PATH=/opt/bin:$PATH HOME=/opt/home CHECKPOINT_DISABLE=1 terraform ${words} -no-color`,
  )

beforeAll(async () => {
  lab = await startLab()
  before = await fingerprint(lab.hosts.near)
  const plugin =
    'terraform.d/plugins/terraform.local/tunnels/sshtunnel/0.1.0/linux_amd64/terraform-provider-sshtunnel_v0.1.0'
  install(findTerraform(), '/opt/bin/terraform')
  install(process.execPath, '/opt/bin/node')
  install(join(__dirname, '../../dist/terraform-provider-sshtunnel.cjs'), `/opt/work/${plugin}`)
  await lab.hosts.near.writeFile('/opt/key', readFileSync(lab.keyFile, 'utf8'))
  await lab.hosts.near.sh('chmod 600 /opt/key')
  const middle = {
    ...hostsOf(lab)('middle'),
    identity_file: '/opt/key',
    known_hosts: null,
    host_key: lab.hosts.middle.hostKey,
  }
  const configuration = {
    terraform: { required_providers: { sshtunnel: { source: 'terraform.local/tunnels/sshtunnel', version: '0.1.0' } } },
    resource: {
      sshtunnel_tunnel: {
        web: {
          name: 'web',
          forward: 'remote',
          listen: '203.0.113.20:8080',
          far: 'far:80',
          client: { name: 'near', local: true },
          server: middle,
        },
      },
    },
  }
  await lab.hosts.near.writeFile('/opt/work/main.tf.json', JSON.stringify(configuration))
})
afterAll(() => lab?.stop())

test('a tunnel from this machine comes up, changes nothing the second time, and goes without a trace', async () => {
  await terraform('init')
  expect(await terraform('apply -auto-approve')).toContain('1 added')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await terraform('plan')).toContain('No changes.')
  expect(await terraform('destroy -auto-approve')).toContain('1 destroyed')
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  expect(await fingerprint(lab.hosts.near)).toBe(before)
})
