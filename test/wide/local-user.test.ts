// The same as test/lab/local-user.test.ts on further kinds of hosts.
import type { ImageName } from '../../lab'
import { tryLocalUser } from '../lab/local-user'
import { fact, find } from './found'

const tried: readonly ImageName[] = [
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
