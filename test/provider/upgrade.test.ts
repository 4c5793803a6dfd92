// A state file that was written under schema version 0 goes on under today's, with the real terraform.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { provider } from '../../provider/main'
import { type Attached, serveForTests } from '../../provider/plugin'
import { makeTerraform, type Terraform } from './terraform'

const address = 'terraform.local/tunnels/sshtunnel'
const old = readFileSync(join(__dirname, 'fixtures/state-of-schema-0.json'), 'utf8')

let attached: Attached
let terraform: Terraform

beforeAll(async () => {
  attached = await serveForTests(provider, address)
  terraform = makeTerraform({ TF_REATTACH_PROVIDERS: attached.reattach })
})
afterAll(async () => {
  await terraform.remove()
  await attached.close()
})

const host = (name: string, at: string) =>
  `{ name = "${name}", address = "${at}", identity_file = "~/.ssh/id_ed25519", known_hosts = "~/.ssh/known_hosts" }`

test('the plan goes on from it: what is stored is kept, and only what today writes otherwise is to be changed', async () => {
  terraform.write({
    'terraform.tfstate': old,
    'main.tf': `terraform {
      required_providers {
        sshtunnel = { source = "${address}" }
      }
    }
    resource "sshtunnel_tunnel" "web" {
      name    = "web"
      forward = "remote"
      listen  = "203.0.113.20:8080"
      far     = "far:80"
      client  = ${host('near', '198.51.100.10')}
      server  = ${host('middle', '203.0.113.20')}
    }
    resource "sshtunnel_middle" "middle" {
      name                  = "middle"
      host                  = ${host('middle', '203.0.113.20')}
      client_alive_interval = 30
    }\n`,
  })
  const { stdout, stderr } = await terraform.run('plan', '-refresh=false', '-out=plan')
  expect(stderr).toBe('')
  // The unit's text is another: its first lines say now what ssh runs.
  expect(stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
  const shown = await terraform.run('show', '-json', 'plan')
  const { prior_state, resource_changes } = JSON.parse(shown.stdout)
  const web = prior_state.values.root_module.resources.find((one: { name: string }) => one.name === 'web')
  expect(web.schema_version).toBe(2)
  const before = JSON.parse(old).resources.find((one: { name: string }) => one.name === 'web').instances[0].attributes
  const hostOf = (side: object) => ({
    ...side,
    become_password_env: null,
    certificate_file: null,
    firewall_manager: null,
    guard_window: null,
    host_key_alias: null,
    managed: null,
    public_key: null,
    proxy_command: null,
    ssh_config: null,
    supervisor: null,
  })
  const added = {
    max_sessions: null,
    authorized_keys_file: null,
    allow_stream_local_forwarding: null,
    permit_tunnel: null,
    stream_local_bind_mask: null,
    stream_local_bind_unlink: null,
    permit_root_login: null,
    password_authentication: null,
    log_level: null,
    use_dns: null,
    per_source_penalties: null,
    allow_users: null,
    extra: null,
    extra_in_effect: null,
  }
  expect(web.values).toEqual({
    ...before,
    adopt: null,
    authorized_keys: null,
    enabled: null,
    endpoints: null,
    known_hosts: null,
    unit: null,
    forwards: null,
    other_firewall: null,
    port: null,
    ports: null,
    rotate: null,
    server_ports: null,
    permit_open: null,
    proofs: null,
    client: hostOf(before.client),
    server: hostOf(before.server),
    sshd: { ...before.sshd, ...added },
    // What has come since is not known of it.
    watch: null,
    watcher: null,
    server_watcher: null,
    probe_from: null,
    probe_status: null,
    limits: null,
    labels: null,
    jumps: null,
    sockets: null,
    server_sockets: null,
    socket_mode: null,
    shared: null,
    jump_logins: null,
    ssh_config: null,
    key: { ...before.key, jump_host_keys: null, rotation: null },
    proof: { ...before.proof, past_firewall: null, evidence: null, why: null },
    firewall: { manager: 'nftables', ...before.firewall, limits: null, redirects: null },
    service: { ...before.service, supervisor: 'systemd' },
  })
  const actions = resource_changes.map((one: { name: string; change: { actions: string[] } }) => [
    one.name,
    ...one.change.actions,
  ])
  expect(actions).toEqual([
    ['middle', 'no-op'],
    ['web', 'update'],
  ])
})

test('a state of before the default owner carried its project keeps its owner, and nothing is replaced', async () => {
  const owned = JSON.parse(old)
  for (const { instances } of owned.resources) {
    instances[0].attributes.owner = 'tunnels'
    if (instances[0].attributes.account) instances[0].attributes.account.owner = 'tunnels'
  }
  const plan = async (owner: string) => {
    terraform.write({
      'terraform.tfstate': owned,
      'provider.tf': `provider "sshtunnel" {\n  owner = "${owner}"\n}\n`,
    })
    return (await terraform.run('plan', '-refresh=false')).stdout
  }
  expect(await plan('tunnels.0123abcd')).toMatch(/Plan: 0 to add, \d to change, 0 to destroy/)
  expect(await plan('shop.0123abcd')).toContain('Plan: 2 to add, 0 to change, 2 to destroy.')
})
