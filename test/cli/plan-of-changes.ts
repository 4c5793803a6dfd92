// A plan as people may get it to read: one that makes, one that changes, one that removes, and one that does nothing.
import type { Change } from '../../engine/compare/change'
import { groupByName } from '../../engine/compare/leftovers'
import { knownAfterApply } from '../../engine/parts/part'
import type { Declared } from '../../engine/wish/declared'

export const middle = { name: 'middle', address: '203.0.113.20' }
export const empty = { values: [], parts: [], declared: null, leftovers: [], seen: null, unreached: [] }

export const changes: readonly Change[] = [
  {
    ...empty,
    type: 'tunnel',
    name: 'web',
    action: 'create',
    values: [
      { name: 'listen', have: null, want: '203.0.113.20:8080' },
      { name: 'allowFrom', have: null, want: ['192.0.2.0/24'] },
    ],
    parts: [
      {
        action: 'create',
        attribute: 'key',
        host: 'near',
        values: [
          { name: 'path', have: null, want: '/etc/ssh-tunnels/web/key' },
          { name: 'publicKey', have: null, want: knownAfterApply },
        ],
      },
    ],
  },
  {
    ...empty,
    type: 'tunnel',
    name: 'server935-ssh',
    action: 'update',
    values: [{ name: 'command', have: 'ssh -N -L a', want: 'ssh -N -L b' }],
    parts: [
      { action: 'update', attribute: 'firewall', host: 'middle', values: [{ name: 'open', have: false, want: true }] },
      {
        action: 'update',
        attribute: 'sshd',
        host: 'middle',
        values: [
          { name: 'dropInSha256', have: 'a'.repeat(64), want: 'b'.repeat(64) },
          { name: 'permitOpen', have: ['any'], want: ['server935:22'] },
        ],
      },
    ],
  },
  { ...empty, type: 'middle', name: 'middle', action: 'none' },
  {
    ...empty,
    type: 'tunnel',
    name: 'old',
    action: 'remove',
    parts: [
      {
        action: 'remove',
        attribute: 'service',
        host: 'near',
        values: [{ name: 'unit', have: 'evil\x1b[2J', want: null }],
      },
    ],
  },
]

export const standIn = (name: string): Declared => ({
  type: 'tunnel',
  input: { name, forward: 'local', listen: '127.0.0.1:1', far: '127.0.0.1:1', client: middle, server: middle },
})
export const leftAlone = groupByName([{ host: middle, standIn: standIn('theirs'), parts: [] }])
