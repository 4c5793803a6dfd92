// Which hosts are one, what tells that one has moved, and what is wrong with a host by itself.
import { checkHost } from '../../schemas/check-host'
import { eachLogin, isOneMachine, loginId, machineText, movedBy } from '../../schemas/machine'
import type { Host } from '../../schemas/types'

const middle: Host = { name: 'middle', address: '203.0.113.20' }
const near: Host = { name: 'near', local: true }
const jump = { name: 'j', address: '203.0.113.1' }

test.each<[string, Partial<Host>, machine: boolean, login: boolean]>([
  ['another name and further addresses', { name: 'relay', addresses: ['10.0.0.1'] }, true, true],
  ['the default port', { port: 22 }, true, false],
  ['another port', { port: 2222 }, false, false],
  ['another user', { user: 'a' }, true, false],
  ['another address', { address: '203.0.113.21' }, false, false],
  ['another jump', { via: [jump] }, false, false],
  ['a command that connects', { proxyCommand: 'nc %h %p' }, false, false],
  ['no command, written out', { proxyCommand: 'None' }, true, false],
  ["ssh's own configuration", { sshConfig: true }, false, false],
  ["ssh's own configuration without its way", { sshConfig: true, proxyCommand: 'none' }, true, false],
  ['no address', { address: undefined }, false, false],
  ['this machine', { local: true }, false, false],
])('%s: one machine %s, one login %s', (_, change, machine, login) => {
  const other = { ...middle, ...change }
  expect(isOneMachine(middle, other)).toBe(machine)
  expect(loginId(middle) === loginId(other)).toBe(login)
  expect(eachLogin([middle, other])).toEqual(login ? [other] : [middle, other])
})

test('a login is the same in whatever order it is written, and a machine however its name is', () => {
  expect(loginId({ name: 'a', user: 'u', address: 'x', port: 1 })).toBe(
    loginId({ port: 1, address: 'x', user: 'u', name: 'b' }),
  )
  expect(isOneMachine({ name: 'a', address: 'Middle.LAN' }, { name: 'b', address: 'middle.lan' })).toBe(true)
  expect(isOneMachine({ ...near, address: '10.0.0.1' }, { ...near, name: 'b' })).toBe(true)
  expect(isOneMachine({ name: 'a' }, { name: 'a' })).toBe(false)
  expect(isOneMachine({ ...middle, via: [jump] }, { ...middle, via: [{ name: 'k', address: 'x' }, jump] })).toBe(true)
  const isUnknown = (text: string) => text === '?'
  expect(machineText({ name: 'a', address: '?' }, isUnknown)).toBeNull()
  expect(machineText({ ...middle, via: [{ ...jump, address: '?' }] }, isUnknown)).toBeNull()
})

test.each<[string, object, object, string[]]>([
  ['nothing but the login', { ...middle, user: 'a' }, { ...middle, user: 'b', port: 22 }, []],
  ['what was not set', middle, { ...middle, local: false }, []],
  ['the address', middle, { ...middle, address: 'b' }, ['address']],
  ['the machine', middle, near, ['address', 'local']],
  ['the port alone', middle, { ...middle, port: 2222 }, []],
  ['the key alone', { ...middle, hostKey: 'a' }, { ...middle, hostKey: 'b' }, []],
  ['the way alone', { ...middle, proxyCommand: 'a' }, { ...middle, via: [jump] }, []],
  [
    'the way, behind which the same key answers',
    { ...middle, proxyCommand: 'a', hostKey: 'a' },
    { ...middle, hostKey: 'a' },
    [],
  ],
  ['the way, and a key is not pinned any more', { ...middle, hostKey: 'a' }, { ...middle, sshConfig: true }, []],
  [
    'the command and key',
    { ...middle, proxyCommand: 'a', hostKey: 'a' },
    { ...middle, proxyCommand: 'b', hostKey: 'b' },
    ['hostKey'],
  ],
  ['the jump host and key', { ...middle, hostKey: 'a' }, { ...middle, via: [jump], hostKey: 'b' }, ['hostKey']],
  [
    'the name by which ssh goes, and key',
    { ...middle, sshConfig: true, hostKey: 'a' },
    { ...middle, name: 'b', sshConfig: true, hostKey: 'b' },
    ['hostKey'],
  ],
  ['hands', middle, { ...middle, managed: false }, ['managed']],
  ['nothing, written out', middle, { ...middle, managed: true }, []],
  ['port and key', { ...middle, port: 2222, hostKey: 'a' }, { ...middle, hostKey: 'b' }, ['port']],
])('a change of %s', (_, before, now, expected) => {
  expect(movedBy(before, now)).toEqual(expected)
})

test.each<[string, Partial<Host>, machine: boolean, login: boolean]>([
  ["ssh's own configuration, which goes by the name", { sshConfig: true }, false, false],
  ['that configuration without its way', { sshConfig: true, proxyCommand: 'none' }, true, false],
  ['that configuration behind a jump host', { sshConfig: true, via: [jump] }, true, false],
  ['a command that has the name', { proxyCommand: 'connect --to=%n:%p' }, false, false],
  ['a command that has it not', { proxyCommand: 'connect 100%%n %h' }, true, true],
])('two names of one address with %s: one machine %s, one login %s', (_, way, machine, login) => {
  const [one, other] = ['web1', 'web2'].map(name => ({ name, address: '10.0.0.5', ...way })) as [Host, Host]
  expect(isOneMachine(one, other)).toBe(machine)
  expect(loginId(one) === loginId(other)).toBe(login)
})

test('the way to one jump host counts too, and a command is written as it is', () => {
  const by = (proxyCommand?: string): Host => ({ ...middle, via: [{ ...jump, proxyCommand }] })
  expect(isOneMachine(by('connect a'), by('connect b'))).toBe(false)
  expect(isOneMachine(by('none'), by())).toBe(true)
  const direct = (proxyCommand: string): Host => ({ ...middle, proxyCommand })
  expect(isOneMachine(direct('connect -i A'), direct('connect -i a'))).toBe(false)
})

const field = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)])
const keyOf = (...parts: Buffer[]) => `ssh-ed25519 ${Buffer.concat(parts).toString('base64')}`

test.each<[string, Buffer[], boolean]>([
  ['type and key', [field('ssh-ed25519'), field('k'.repeat(32))], true],
  ['type alone', [field('ssh-ed25519')], false],
  ['another type', [field('ssh-ed448'), field('k'.repeat(32))], false],
  ['nothing', [], false],
  ['something after the key', [field('ssh-ed25519'), field('k'.repeat(32)), Buffer.from('abc')], false],
  ['half a key', [field('ssh-ed25519'), field('k'.repeat(32)).subarray(0, 20)], false],
])('a hostKey of %s', (_, parts, isWhole) => {
  expect(checkHost({ ...middle, hostKey: keyOf(...parts) })).toHaveLength(isWhole ? 0 : 1)
})

test('a local host wants no login, unless it is not known yet whether it has one', () => {
  const tell = (host: Partial<Host>) =>
    checkHost({ ...near, ...host }, text => text === '?').map(({ path, code }) => `${path.join('.')} ${code}`)
  expect(tell({ user: '?', identityFile: '?' })).toEqual([])
  expect(tell({ user: '', via: [] })).toEqual([])
  expect(tell({ user: 'a', identityFile: '?', via: [jump] })).toEqual(['user local-login', 'via local-login'])
  expect(tell({ identityFile: 'a' })).toEqual(['identityFile local-login'])
  expect(tell({ proxyCommand: 'nc', sshConfig: true })).toEqual(['proxyCommand local-login', 'sshConfig local-login'])
  expect(tell({ sshConfig: false })).toEqual([])
  expect(tell({ addresses: ['10.0.0.1', 'x', '?'] })).toEqual(['addresses.1 bad-address'])
})

test("a variable for sudo's password wants sudo", () => {
  const tell = (host: Partial<Host>) => checkHost({ ...middle, ...host }).map(({ code, hint }) => `${code}: ${hint}`)
  const becomePasswordEnv = 'SUDO_PASSWORD'
  expect(tell({ become: 'sudo', becomePasswordEnv })).toEqual([])
  expect(tell({ becomePasswordEnv })).toEqual(['no-sudo: write become: sudo, or leave it out'])
  expect(tell({ become: 'doas', becomePasswordEnv })).toEqual([expect.stringMatching(/^no-sudo: doas reads/)])
})

test.each<[string, Partial<Host>, string[]]>([
  ['with the tokens that ssh knows', { proxyCommand: 'nc -X connect %h %p %r %n 100%%h' }, []],
  ['with another token', { proxyCommand: 'nc %h %P' }, ['proxyCommand bad-proxy-command']],
  ['with an escaped percent sign before a wrong one', { proxyCommand: '%%%%%x' }, ['proxyCommand bad-proxy-command']],
  ['with a percent sign at its end', { proxyCommand: 'date +%' }, ['proxyCommand bad-proxy-command']],
  ['that is not known yet', { proxyCommand: '?' }, []],
  ['none, beside a jump host', { proxyCommand: 'NONE', via: [jump] }, []],
  ['beside a jump host', { proxyCommand: 'nc', via: [jump] }, ['proxyCommand two-ways']],
  [
    'of the first jump host',
    {
      via: [
        { ...jump, proxyCommand: 'nc' },
        { ...jump, name: 'k' },
      ],
    },
    [],
  ],
  ['of a later jump host', { via: [jump, { ...jump, name: 'k', proxyCommand: 'nc' }] }, ['via two-ways']],
  [
    'that is wrong, of a jump host',
    { via: [{ ...jump, proxyCommand: '%' }] },
    ['via.0.proxyCommand bad-proxy-command'],
  ],
])('a proxyCommand %s', (_, change, expected) => {
  const found = checkHost({ ...middle, ...change }, text => text === '?')
  expect(found.map(({ path, code }) => `${path.join('.')} ${code}`)).toEqual(expected)
})
