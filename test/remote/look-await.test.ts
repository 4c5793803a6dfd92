// A look that waits: for a listener of the right account, and not for ever.
import { parseSnapshot } from '../../engine/look/snapshot'
import { batch, inPrivateRoot, linesOf, look, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const accounts = ['tun-a', 'tun-b'].map(name => ['account_add', name, '/usr/sbin/nologin', 'ssh-tunnels me'])
/** Shell: the account listens on the port, after a while. */
const listen = (account: string, port: number, after = 0) =>
  `{ sleep ${after}; exec setpriv --reuid ${account} --clear-groups busybox nc -l -p ${port} 127.0.0.1; } >/dev/null 2>&1 </dev/null &\n`
const wait = (account: string, port: number, tenths: number) => ['look_await', account, String(port), String(tenths)]
const asked = ['look_tunnel', 'a']

describe.each(shells)('under %s', shell => {
  const portsOf = (script: string) => {
    const seen = inPrivateRoot(shell, `${batch(...accounts)}${script}`)
    expect(linesOf(seen).filter(line => line.startsWith('exit'))).toEqual(['exit 0', 'exit 0'])
    return parseSnapshot(seen.stdout).listeners.map(({ port }) => port)
  }

  test('it waits for all that it is to wait for', () => {
    const script = `${listen('tun-a', 2110, 0.5)}${listen('tun-b', 2111, 1)}`
    expect(portsOf(`${script}${look(wait('tun-a', 2110, 100), wait('tun-b', 2111, 100), asked)}`).sort()).toEqual([
      2110, 2111,
    ])
  })

  test('somebody else on the port is not who it waits for, and patience has an end', () => {
    expect(portsOf(`${listen('tun-b', 2110)}${look(wait('tun-a', 2110, 5), asked)}`)).toEqual([2110])
  })

  test('one that comes and goes again and again does not renew its patience for ever', () => {
    const flap = `{ while :; do setpriv --reuid tun-a --clear-groups timeout 0.3 busybox nc -l -p 2110 127.0.0.1; sleep 0.3; done; } >/dev/null 2>&1 </dev/null &\n`
    const started = Date.now()
    portsOf(`${flap}${look(wait('tun-a', 2110, 15), wait('tun-b', 2111, 15), asked)}`)
    expect(Date.now() - started).toBeLessThan(20_000)
  })

  test('each one that comes renews its patience', () => {
    const script = `${listen('tun-a', 2110, 0.8)}${listen('tun-b', 2111, 1.6)}`
    expect(portsOf(`${script}${look(wait('tun-a', 2110, 15), wait('tun-b', 2111, 15), asked)}`).sort()).toEqual([
      2110, 2111,
    ])
  })
})
