// The built provider accepts what the constructs write: the real terraform validates every input and every getter.
import { join } from 'node:path'
import { App, DataResource, TerraformOutput, TerraformStack } from 'cdktf'
import { Host, MiddleServer, Tunnel } from '../../constructs'
import { makeFolder } from './synthesize'
import { terraform } from './terraform'

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL'

function buildEverything(stack: TerraformStack): void {
  const vm = new DataResource(stack, 'vm', { input: { ip: '192.0.2.30' } })
  const middle = new MiddleServer(stack, 'middle', {
    address: '203.0.113.20',
    addresses: ['203.0.113.21'],
    port: 2222,
    user: 'debian',
    become: 'sudo',
    becomePasswordEnv: 'SUDO_PASSWORD',
    hostKey,
    identityFile: '~/.ssh/id_ed25519',
    via: [
      {
        address: 'bastion.example',
        port: 22,
        user: 'jump',
        hostKey,
        identityFile: '~/.ssh/jump',
        hostKeyAlias: 'bastion',
        certificateFile: '~/.ssh/jump-cert.pub',
        sshConfig: true,
        proxyCommand: 'nc %h %p',
      },
    ],
    sshd: {
      gatewayPorts: 'no',
      allowTcpForwarding: 'local',
      clientAliveInterval: 30,
      clientAliveCountMax: 3,
      maxStartups: '30:50:200',
      maxSessions: 4,
      permitRootLogin: 'no',
      passwordAuthentication: 'no',
      logLevel: 'VERBOSE',
      useDNS: 'no',
      perSourcePenalties: 'no',
      allowUsers: ['deploy'],
      extra: { Banner: vm.getStringAttribute('output.banner'), X11Forwarding: 'no', AcceptEnv: ['LANG', 'LC_*'] },
    },
    firewall: {
      manager: 'nftables',
      openPorts: [{ port: 443 }, { port: 80, address: '203.0.113.20', from: ['198.51.100.0/24'] }],
    },
  })
  const web = new Tunnel(stack, 'web', {
    client: Host.local(),
    server: middle,
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'localhost:80',
    allowFrom: ['198.51.100.0/24'],
    serverAlive: { interval: 15, countMax: 2 },
    watch: { every: '5min', hook: ['logger', '-t', 'tunnel'] },
    probe: 'http',
    owner: 'team-a',
  })
  const far = Host.at({ address: vm.getStringAttribute('output.ip'), knownHosts: '/etc/ssh/ssh_known_hosts' })
  new Tunnel(stack, 'far', {
    client: middle,
    server: far,
    forward: 'local',
    listen: '203.0.113.21:110',
    far: '[::1]:22',
  })
  const { endpoint, host, port, command, publicKey, hostKey: pinned, unit, farAnswered } = web
  const value = { endpoint, host, port, command, publicKey, pinned, unit, farAnswered }
  new TerraformOutput(stack, 'everything', { value })
}

test.each(['JSON', 'HCL'])('terraform validates everything that can be said, written as %s', language => {
  const outdir = makeFolder()
  const before = process.env.SYNTH_HCL_OUTPUT
  process.env.SYNTH_HCL_OUTPUT = String(language === 'HCL')
  try {
    const app = new App({ outdir, hclOutput: language === 'HCL' })
    buildEverything(new TerraformStack(app, 'main'))
    app.synth()
  } finally {
    if (before === undefined) delete process.env.SYNTH_HCL_OUTPUT
    else process.env.SYNTH_HCL_OUTPUT = before
  }
  const folder = join(outdir, 'stacks', 'main')
  expect(terraform(folder, ['init', '-no-color', '-lockfile=readonly'])).toMatchObject({ status: 0 })
  const { status, output } = terraform(folder, ['validate', '-json'])
  // cdktf quotes depends_on in HCL, of every resource alike, which Terraform warns about.
  expect(JSON.parse(output)).toMatchObject({
    valid: true,
    error_count: 0,
    ...(language === 'JSON' && { diagnostics: [] }),
  })
  expect(status).toBe(0)
})
