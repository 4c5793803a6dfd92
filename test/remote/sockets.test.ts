// Sockets that one tunnel takes over from another: until the new one begins, the old one has all that it had, also where the deploy ends in between.
import { encode } from '../../engine/host/quote'
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const list = (name: string) => `/etc/ssh-tunnels/${name}/sockets`
const put = (name: string, ...paths: string[]) => [
  'sockets_put',
  list(name),
  `tun-${name}`,
  encode(paths.map(path => `${path}\n`).join('')),
]
const remove = (name: string) => ['sockets_remove', list(name), `tun-${name}`]
const own = '/var/lib/ssh-tunnels-sockets/old'
const socket = `${own}/web.sock`
const sticky = '/tmp/ours/web.sock'
const arm = ['guard_arm', 'r1', '0:600', encode('end\n')]

/** A tunnel stands and listens, beside one that is to come. */
const before = `${batch(
  ...['old', 'new', 'more'].map(name => ['account_add', `tun-${name}`, '/usr/sbin/nologin', 'ssh-tunnels me']),
  put('old', socket, sticky),
)}
mkdir -m 1777 /tmp/ours
bind() { # ACCOUNT PATH: as a listener that unlinks what a killed one has left
  setpriv --reuid "$1" --regid "$1" --clear-groups perl -MIO::Socket::UNIX -e '
    unlink $ARGV[0]; IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or exit 1' "$2" && echo "$1 binds" || echo "$1 does not"
}
owner() { for path; do stat -c '%U:%G %a %F' "$path" 2>/dev/null || echo gone; done; }
bind tun-old ${socket}; bind tun-old ${sticky}
ids() { id -u "tun-$1"; }
`
const stood = ['exit 0', 'tun-old binds', 'tun-old binds']
const asBefore = ['tun-old:tun-old 755 directory', 'tun-old:tun-old 755 socket', 'tun-old:tun-old 755 socket']
const look = `owner ${own} ${socket} ${sticky}\n`

describe.each(shells)('under %s', shell => {
  const run = (script: string) => linesOf(inPrivateRoot(shell, before + script))

  test('made and taken back, the new one has harmed nothing', () => {
    const seen = run(`${batch(put('new', socket, sticky))}bind tun-old ${socket}; bind tun-old ${sticky}
      ${batch(remove('new'))}${look}bind tun-old ${socket}; ls /etc/ssh-tunnels`)
    expect(seen).toEqual([...stood, 'exit 0', ...stood.slice(1), 'exit 0', ...asBefore, 'tun-old binds', 'old'])
  })

  test('both listen until the old one leaves, who hands over the folder; the socket of the new one stays', () => {
    const seen = run(`${batch(put('new', socket))}bind tun-new ${socket}
      ${batch(remove('old'))}${look}bind tun-new ${socket}; bind tun-old ${socket}
      : >${list('new')}
      ${batch(remove('new'))}owner ${own}`)
    expect(seen).toEqual([
      ...[...stood, 'exit 0', 'tun-new binds'],
      ...['exit 0', 'tun-new:tun-new 755 directory', 'tun-new:tun-new 755 socket', 'gone'],
      ...['tun-new binds', 'tun-old does not', 'exit 0', 'gone'],
    ])
  })

  test('a folder that two tunnels are in takes no third', () => {
    const seen = run(`${batch(put('new', socket))}${batch(put('more', socket))}owner ${own}`)
    expect(seen).toEqual([...stood, 'exit 0', 'failed 1', 'exit 73', 'tun-old:tun-new 775 directory'])
  })

  test('an armed run that is undone leaves the folder as it was', () => {
    const undo = 'sh /var/lib/ssh-tunnels/undo-r1/undo || echo partly\n'
    const seen = run(`${batch(arm, put('new', socket), remove('old'))}owner ${own}
      ${undo}owner ${own} ${list('new')}; bind tun-old ${socket}`)
    expect(seen).toEqual([
      ...[...stood, 'armed r1', 'exit 0', 'tun-new:tun-new 755 directory'],
      ...['tun-old:tun-old 755 directory', 'gone', 'tun-old binds'],
    ])
  })

  test('where only its owner may remove it, what leaves makes way, and nothing that is not what the plan has seen', () => {
    const seen = run(`yield() { printf 'socket_yield\\037%s\\037%s\\nend\\n' "$1" "$2" | run_script batch; owner "$1"; }
      yield ${sticky} "$(ids new)"; ln -s ${sticky} /tmp/ours/link; yield /tmp/ours/link "$(ids old)"
      yield ${sticky} "$(ids old)"; bind tun-new ${sticky}`)
    expect(seen).toEqual([
      ...[...stood, 'exit 0', 'tun-old:tun-old 755 socket', 'exit 0', 'root:root 777 symbolic link'],
      ...['exit 0', 'gone', 'tun-new binds'],
    ])
  })
})
