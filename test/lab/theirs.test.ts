// A side that is not ours: nobody logs in there. A near whose owner pastes what he is given, and a middle of others, that is tried by its own login.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, type Stack, untilPage } from './stack'

let lab: Lab
let ours: Stack
let command: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>
let folder: string

beforeAll(async () => {
  lab = await startLab()
  ours = await makeStack(lab)
  command = makeCommandLine(lab)
  folder = mkdtempSync(join(tmpdir(), 'theirs-'))
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  ours?.remove()
  command?.remove()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const middleListens = async () => (await listeners(lab, 'middle')).filter(line => !line.endsWith(':22'))

describe('a near that we cannot log in to', () => {
  let web: Record<string, unknown>
  let spec: object

  beforeAll(async () => {
    // The owner of near has a key, and gives its public half.
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bob', '-f', join(folder, 'bob')])
    const publicKey = readFileSync(join(folder, 'bob.pub'), 'utf8').trim()
    const near = { name: 'near', managed: false }
    web = {
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: { ...near, public_key: publicKey },
      server: hostsOf(lab)('middle'),
    }
    spec = {
      hosts: { near: { managed: false, publicKey }, middle: command.hostOf('middle') },
      owner: 'terraform',
      tunnels: { web: { client: 'near', server: 'middle', forward: 'remote', listen: web.listen, far: web.far } },
    }
  })

  test('is made on the side that is ours, and waits, with what its owner has to do', async () => {
    ours.declare({ web })
    const said = await ours.mustApply()
    expect(said).toContain('web is not proved yet: the tunnel does not listen on 203.0.113.20:8080: near, which is not')
    expect(said).toContain('ssh-tunnels handover SPEC web')
    const made = ours.attributes('web')
    expect(made).toMatchObject({ key: null, service: null, client_account: null })
    expect(made.proof).toMatchObject({ answered: false, evidence: 'not asked' })
    expect(made.authorized_key.public_key).not.toContain('bob')
    expect(made.known_hosts).toBe(`203.0.113.20 ${lab.hosts.middle.hostKey}`)
    expect(made.command).toMatch(/^ssh -F none -N -T .* -R 203\.0\.113\.20:8080:far:80 tun-web@203\.0\.113\.20$/)
    // Nothing is to be mended, and nothing is told as good.
    expect(await ours.plan()).toMatchObject({ code: 0 })
    command.write('tunnels.yaml', spec)
    const status = await command.run('status', 'tunnels.yaml', '--json')
    expect(status.code).toBe(3)
    expect(JSON.parse(status.stdout).tunnels[0]).toMatchObject({ state: 'down' })
    const doctor = await command.runTunnels('doctor', 'web')
    expect(doctor.code).not.toBe(0)
    expect(doctor.said).toContain('near, which is not ours, has not begun it')
    expect((await fingerprints(lab)).near).toBe(before.near)
  })

  test('comes up by what its owner pastes, and the next look proves it', async () => {
    const script = await command.must('handover', 'tunnels.yaml', 'web')
    const { handover } = JSON.parse(await command.must('handover', 'tunnels.yaml', 'web', '--json'))
    expect(handover).toMatchObject({ side: 'client', host: 'near', script, command: ours.attributes('web').command })
    expect(handover.unit.text).toBe(ours.attributes('web').unit)
    await lab.hosts.near.writeFile('/root/bob', readFileSync(join(folder, 'bob'), 'utf8'))
    await lab.hosts.near.sh(script.replace('KEY=/path/to/the/private/half', 'KEY=/root/bob'))
    expect(await untilPage(lab, 8080)).toBe('hello from far\n')
    const said = await ours.mustApply()
    expect(said).toContain('0 added, 0 changed, 0 destroyed')
    expect(ours.attributes('web').proof).toMatchObject({ answered: true, past_firewall: true })
    expect(await ours.plan()).toMatchObject({ code: 0 })
    const status = await command.run('status', 'tunnels.yaml', '--json')
    expect(JSON.parse(status.stdout).tunnels[0]).toMatchObject({ state: 'up' })
    expect((await command.runTunnels('doctor', 'web')).code).toBe(0)
    expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
  })

  test('its forward is changed in place, and what it may do follows', async () => {
    ours.declare({ web: { ...web, allow_from: ['192.0.2.64/26', '203.0.113.0/24'] } })
    await ours.mustApply()
    expect(ours.attributes('web').firewall.opens[0]).toContain('192.0.2.64/26')
    await lab.hosts.middle.sh('sed -i s/permitlisten/permitopen/ /etc/ssh-tunnels/web/authorized_keys')
    expect((await ours.plan()).text).toMatch(/~ options +=/)
    await ours.mustApply()
    expect(await ours.plan()).toMatchObject({ code: 0 })
  })

  test('a plan says what its owner has to do for another name, and to remove', async () => {
    ours.declare({ site: web })
    const blocks = join(ours.folder, 'blocks.tf')
    writeFileSync(blocks, 'moved {\n  from = sshtunnel_tunnel.web\n  to = sshtunnel_tunnel.site\n}\n')
    const renamed = (await ours.plan()).text.replace(/\s+/g, ' ')
    expect(renamed).toContain(
      'until he has done for site what ssh-tunnels handover SPEC site prints, nobody is answered',
    )
    expect(renamed).toContain('systemctl disable --now tunnel-web')
    rmSync(blocks)
    ours.declare({})
    expect((await ours.plan()).text).toContain('near is not ours: what its owner has set there for web stays')
    command.write('tunnels.yaml', { ...spec, tunnels: {} })
    const left = await command.runTunnels('plan')
    expect(left.said.replace(/\s+/g, ' ')).toContain('systemctl disable --now tunnel-web.service there')
    command.write('tunnels.yaml', spec)
  })

  test('goes from our side alone, and its owner is told what is his to remove', async () => {
    const { handover } = JSON.parse(await command.must('handover', 'tunnels.yaml', 'web', '--json'))
    const said = await ours.destroy()
    expect(said).toContain('near is not ours')
    expect(said).toContain('systemctl disable --now tunnel-web')
    expect(await middleListens()).toEqual([])
    await lab.hosts.near.sh(`rm /root/bob; ${handover.removal}`)
    const after = await fingerprints(lab)
    expect(after.middle).toBe(before.middle)
    // What useradd and userdel themselves keep of before is not for us to say.
    const withoutBackups = (text: string) => text.replace(/^\/etc\/\w+- .*\n/gm, '')
    expect(withoutBackups(after.near)).toBe(withoutBackups(before.near))
  })
})

describe('a middle that others run', () => {
  const line = /^restrict,port-forwarding,permitlisten="203\.0\.113\.20:8080",command="\/bin\/false" ssh-ed25519 \S+$/
  let near: string
  let asMade: string

  /** As the owner of middle. */
  const allow = async (...settings: string[]) => {
    const text = ['Match User relay', ...settings, 'Match all', ''].join('\n')
    await lab.hosts.middle.writeFile('/etc/ssh/sshd_config.d/90-relay.conf', text)
    await lab.hosts.middle.sh('sshd -t && systemctl reload ssh')
  }
  const declare = (more: object = {}, further: object = {}) => {
    const { hostKey } = lab.hosts.middle
    const middle = { managed: false, address: '203.0.113.20', user: 'relay', hostKey, ...further }
    const web = {
      client: 'near',
      server: 'middle',
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      ...more,
    }
    command.write('tunnels.yaml', { owner: 'bob', hosts: { near: command.hostOf('near'), middle }, tunnels: { web } })
  }
  const say = async (verb: string, ...words: string[]) => {
    const { code, said } = await command.runTunnels(verb, ...words)
    return { code, said: said.replace(/\s+/g, ' ') }
  }
  const handover = async () => JSON.parse(await command.must('handover', 'tunnels.yaml', 'web', '--json')).handover

  beforeAll(async () => {
    await lab.hosts.middle.sh('useradd -m relay && install -d -m 700 -o relay /home/relay/.ssh')
    ;({ near, middle: asMade } = await fingerprints(lab))
    declare()
  })

  test('a key that was given to be let in, and is not, is a fault, and nothing of it stays', async () => {
    await lab.hosts.near.sh("ssh-keygen -q -t ed25519 -N '' -f /root/given")
    declare({}, { identityFile: '/root/given' })
    const { code, said } = await say('apply')
    expect(code).toBe(1)
    expect(said).toContain('near: copy the key /root/given to /etc/ssh-tunnels/web/key')
    expect(said).toContain('middle, which is not ours, does not let the key that was given in as relay')
    await lab.hosts.near.sh('rm /root/given /root/given.pub')
    expect((await fingerprints(lab)).near).toBe(near)
    declare()
  })

  test('gets the parts of the client alone, and waits for its owner to let the key in', async () => {
    const { code, said } = await say('apply')
    expect(code).toBe(0)
    expect(said).toContain("middle, which is not ours, does not let the tunnel's key in as relay")
    expect(said).not.toContain('create account (on middle)')
    expect((await fingerprints(lab)).middle).toBe(asMade)
    expect(await lab.hosts.near.sh('systemctl is-enabled tunnel-web')).toBe('enabled')
    expect((await say('status')).said).toMatch(/web down /)
    expect((await handover()).authorizedKeys).toMatch(line)
  })

  test('is proved through its public port once its owner has set what he was told', async () => {
    const { script, authorizedKeys } = await handover()
    await lab.hosts.middle.writeFile('/home/relay/.ssh/authorized_keys', `${authorizedKeys}\n`)
    await lab.hosts.middle.sh('nft insert rule inet filter input ip daddr 203.0.113.20 tcp dport 8080 accept')
    await allow(...script.split('\n').filter((one: string) => one.startsWith('    ')))
    expect((await say('apply')).said).toContain('web 203.0.113.20:8080 HTTP/1.1 200 OK')
    expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
    expect((await say('plan', '--detailed-exitcode')).code).toBe(0)
    expect((await say('status')).code).toBe(0)
    expect((await say('doctor', 'web')).code).toBe(0)
  })

  test('drift of our side is seen, a change made in place, and destroy leaves our side as it was', async () => {
    await lab.hosts.near.sh('systemctl stop tunnel-web')
    declare({ serverAlive: { interval: 5 } })
    expect((await say('plan')).said).toContain('active = false -> true')
    expect((await say('apply')).code).toBe(0)
    expect(await untilPage(lab, 8080)).toBe('hello from far\n')
    expect((await say('destroy')).said).toContain('the line of the authorized_keys of relay')
    expect((await fingerprints(lab)).near).toBe(near)
  })
})
