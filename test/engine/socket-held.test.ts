// A socket that another tunnel of the same owner has: taken where that is about to leave, told where it stays.
import { checksOf } from '../../engine/look/checks'
import { type Beside, findObstacles } from '../../engine/look/obstacles'
import { yieldsFor } from '../../engine/look/socket-held'
import { middle, near, remote, seeOn } from './foretell'

const path = '/run/app/web.sock'
const own = '/var/lib/ssh-tunnels-sockets/old'
const account = (uid: number, owner = 'terraform') => ({
  shell: '/usr/sbin/nologin',
  comment: `ssh-tunnels ${owner}`,
  uid,
})

/** Tunnel old has the socket that web is to have. */
const seen = ({ mode = '755', owner = 'terraform', at = path, holds = 997, guest = 'tun-old' } = {}) =>
  seeOn(
    {
      accounts: { 'tun-old': account(997, owner), 'tun-more': account(996), 'tun-web': account(998) },
      sockets: [
        {
          ...{ verb: 'listens', account: 'tun-web', path: at, isListened: true, may: true, open: 0 },
          file: holds === 0 ? null : { type: 'socket', uid: holds, mode: '600' },
          folder: { type: 'directory', owner: 'root:root', mode },
        },
      ],
      socketFolders: at === path ? {} : { [own]: { mode: '755', owner: `tun-old:${guest}` } },
    },
    { ...remote, listen: at },
  )

const command = (staying: string[]): Beside => ({
  ...{ others: false, staying },
  ...{ mayLeave: () => false, settles: () => false },
})
const terraform = (...planned: string[]): Beside => ({
  ...command([]),
  ...{ others: true, isPlanned: name => planned.includes(name) },
})
const told = (look: ReturnType<typeof seen>, beside: Beside) =>
  findObstacles(look, beside)
    .filter(({ fault }) => fault.code === 'path-taken')
    .map(({ fault, isFinal }) => [fault.what, isFinal])

test('by the command: taken from one that it removes, and refused where that is left alone', () => {
  expect(told(seen(), command([]))).toEqual([])
  expect(told(seen(), command(['old']))).toEqual([[`${path} on middle is taken`, true]])
  expect(told(seen({ holds: 996 }), command(['old']))).toEqual([])
})

test('its folder too, which the one that stays has for another socket', () => {
  const look = seen({ at: `${own}/other.sock`, holds: 0 })
  expect(told(look, command([]))).toEqual([])
  expect(told(look, command(['old']))).toEqual([[`${own} on middle is taken`, true]])
})

test('by Terraform: told where no resource of this plan is that tunnel', () => {
  expect(told(seen(), terraform('old'))).toEqual([])
  expect(told(seen(), terraform())).toEqual([[`${path} on middle is taken`, false]])
  expect(told(seen({ owner: 'other' }), terraform())).toEqual([[`${path} on middle is taken`, false]])
  expect(told(seen({ holds: 1000 }), terraform())).toEqual([[`${path} on middle is taken`, true]])
})

test('a folder that is already for two is refused before anything is touched', () => {
  const codes = (guest: string) =>
    checksOf(seen({ at: `${own}/web.sock`, holds: 0, guest })).flatMap(({ code }) => code ?? [])
  for (const guest of ['tun-old', 'tun-web', 'tun-gone']) expect(codes(guest)).not.toContain('socket-folder')
  expect(codes('tun-more')).toContain('socket-folder')
})

test('with a sticky bit it makes way right before the start, by the number that the plan has seen', () => {
  const steps = (look: ReturnType<typeof seen>, on: { name: string } = middle) =>
    yieldsFor(look, on).map(({ verb, args, phase }) => [phase, verb, ...args].join(' '))
  expect(steps(seen({ mode: '1777' }))).toEqual([`start socket_yield ${path} 997`])
  expect(steps(seen({ mode: '1777' }), near)).toEqual([])
  expect(steps(seen({ mode: '777' }))).toEqual([])
  expect(steps(seen({ mode: '1777', holds: 998 }))).toEqual([])
  expect(steps(seen({ mode: '1777', owner: 'other' }))).toEqual([])
})
