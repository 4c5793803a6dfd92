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
        database: {
          name: 'database',
          forward: 'local',
          listen: 'localhost:5432',
          far: 'far:80',
          client: { name: 'near', local: true },
          server: middle,
        },
        proxy: {
          name: 'proxy',
          forward: 'dynamic',
          listen: '127.0.0.1:1080',
          far: 'far:80',
          permit_open: ['far:80'],
          client: { name: 'near', local: true },
          server: middle,
        },
      },
    },
  }
  await lab.hosts.near.writeFile('/opt/work/main.tf.json', JSON.stringify(configuration))
})
afterAll(() => lab?.stop())

test('tunnels of every kind from this machine come up, are put right, change in place, and go without a trace', async () => {
  await terraform('init')
  expect(await terraform('apply -auto-approve')).toContain('3 added')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await terraform('plan')).toContain('No changes.')
  const page = 'curl -s -m 3'
  for (const words of [`${page} http://[::1]:5432/`, `${page} -x socks5h://127.0.0.1:1080 http://far/`])
    expect(await lab.hosts.near.sh(words)).toBe('hello from far')
  // As somebody would stop them.
  await lab.hosts.near.sh("systemctl stop 'tunnel-*'; sed -i 's/5432/5433/' /opt/work/main.tf.json")
  expect(await terraform('apply -auto-approve')).toContain('0 added, 3 changed, 0 destroyed')
  expect(await lab.hosts.near.sh(`${page} http://127.0.0.1:5433/`)).toBe('hello from far')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await terraform('destroy -auto-approve')).toContain('3 destroyed')
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  expect(await fingerprint(lab.hosts.near)).toBe(before)
})
