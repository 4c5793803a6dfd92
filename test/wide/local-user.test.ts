// Code that runs as a tunnel's account reads no secret, changes nothing that matters and holds up no deploy: on every kind of host.
import type { ImageName } from '../../lab'
import { fact, find } from './found'
import { explained, tryLocalUser } from './local-user'

const tried: readonly ImageName[] = [
  'bookworm',
  'trixie',
  'ssh-socket',
  'rhel-like',
  'busybox',
  'ufw',
  'firewalld',
  'iptables-legacy',
]

describe.each(tried)('%s', row => {
  tryLocalUser(
    row,
    (column, name, body) =>
      column === 'exposure' ? test(name, body, 60_000) : fact({ table: 'local', row, column }, name, body, 300_000),
    answer => find({ table: 'local', row, column: 'exposure', answer }),
  )
})

test('each setting that is left open is explained once', () => {
  expect([...new Set(explained)]).toEqual(explained)
})
