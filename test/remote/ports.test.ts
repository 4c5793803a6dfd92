// A free port that a host chooses: none of the kernel's own, none that somebody listens on, none of another tunnel of ours; and it is kept.
import { encode } from '../../engine/host/quote'
import { batch, inPrivateRoot, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const fileOf = (name: string) => `/etc/ssh-tunnels/${name}/ports`
const choose = (name: string, listen: string, ...taken: number[]) =>
  batch(
    ['file_put', fileOf(name), '644', encode('# mark\n')],
    ['port_choose', fileOf(name), `tun-${name}`, ['local', listen, 'far:80', ...taken].join(' ')],
  )
const again = (name: string, listen: string) =>
  batch(['port_choose', fileOf(name), `tun-${name}`, `local ${listen} far:80`])
const range = (text: string) => `mount -t proc proc /proc; echo '${text}' >/proc/sys/net/ipv4/ip_local_port_range\n`
const show = 'cat /etc/ssh-tunnels/*/ports\n'

describe.each(shells)('under %s', shell => {
  const portsIn = (stdout: string) =>
    [...stdout.matchAll(/^(\d+) local (\S+) far:80$/gm)].map(([, port]) => Number(port))

  test('outside of the range of the kernel, the same again for the same name, and kept', () => {
    const script = `${range('20000 64000')}${choose('a', '127.0.0.1:0')}${again('a', '127.0.0.1:0')}${show}
      rm ${fileOf('a')}; ${choose('a', '127.0.0.1:0')}${show}`
    const [first = 0, second, ...more] = portsIn(inPrivateRoot(shell, script).stdout)
    expect([second, more]).toEqual([first, []])
    expect((first >= 10_000 && first < 20_000) || first > 64_000).toBe(true)
  })

  test.each([
    [
      'a script that OpenRC or sysvinit starts',
      '/etc/init.d/tunnel-x',
      '#!/bin/sh\n# Made by x\n# listens 127.0.0.1:1025\n',
    ],
    ['a script with a pid file', '/etc/ssh-tunnels/x/service', '#!/bin/sh\n# Made by x\n# listens [::1]:99 *:1025\n'],
    ['a socket unit', '/etc/systemd/system/x.socket', '[Socket]\nListenStream=/run/x\nListenStream = 1025\n'],
    ['a socket unit of a package', '/usr/lib/systemd/system/x.socket', '[Socket]\nListenStream=[::]:1025'],
    ["somebody's change of one", '/etc/systemd/system/x.socket.d/port.conf', '[Socket]\nListenStream=0.0.0.0:1025\n'],
    ['a drop-in', '/etc/ssh/sshd_config.d/10-ssh-tunnels-x.conf', 'Match User x\n    PermitListen /run/x *:1025\n'],
    ['a file of ports', fileOf('x'), '# mark\n1025 remote *:0 far:80\n'],
  ])('none that %s names, also where it does not run', (_what, path, text) => {
    const script = `${range('1026 65535')}${write(path, text)}${choose('a', '127.0.0.1:0')}${choose('b', '[::1]:0')}cat ${fileOf('a')} ${fileOf('b')}\n`
    const { stdout, stderr } = inPrivateRoot(shell, script)
    expect(portsIn(stdout)).toEqual([1024])
    expect(stderr).toContain('no port is free')
  })

  test('of few that are left each is given once, and none that is taken; then it says that none is', () => {
    // 1024 to 1031 are outside; one is listened on, one reserved, one each another tunnel's unit and drop-in, one about to be listened on.
    const script = `${range('1032 65535')}echo 1025,1026-1026 >/proc/sys/net/ipv4/ip_local_reserved_ports
      ip link set lo up; nc -l -p 1024 -s 127.0.0.1 >/dev/null &
      until grep -q ':0400 ' /proc/net/tcp; do :; done
      ${write('/etc/systemd/system/tunnel-x.service', '# Made by x\n# listens 127.0.0.1:1027 [::1]:1028\n')}
      ${write('/etc/ssh/sshd_config.d/10-ssh-tunnels-y.conf', '    PermitListen 203.0.113.20:1029\n')}
      ${choose('a', '127.0.0.1:0', 1030)}${choose('b', '[::1]:0')}${choose('c', '*:0')}${show}`
    const { stdout, stderr } = inPrivateRoot(shell, script)
    expect(portsIn(stdout)).toEqual([1031, 1030])
    expect(stderr).toContain('no port is free outside of net.ipv4.ip_local_port_range (1032')
  })
})
