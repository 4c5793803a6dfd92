// Whom fail2ban or an administrator has banned at the head of a chain of iptables stays banned on our ports: our rules go behind the bans, and
// before all else.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { describeAsk, type FirewallAt, firewall } from '../../engine/parts/firewall'
import type { Step } from '../../engine/parts/part'
import { base64, batch, inPrivateRoot, linesOf, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const at = (name: string, port: number): FirewallAt => ({
  tag: `ssh-tunnels ${name} me`,
  owner: 'me',
  file: `/etc/ssh-tunnels/${name}/firewall.nft`,
  asks: [{ address: '203.0.113.20', port, from: null }],
})
const want = ({ asks }: FirewallAt) => ({
  manager: 'iptables',
  opens: asks.map(describeAsk),
  open: true,
  persistent: true,
})
const run = (steps: readonly Step[]) =>
  batch(
    ...steps.map(({ verb, args, content }) => [verb, ...args, ...(content === undefined ? [] : [encode(content)])]),
    ['firewall_commit'],
  )

const bans = ['-p tcp -j f2b-recidive', '-p tcp -m multiport --dports 22 -j f2b-sshd', '-s 192.0.2.9/32 -j DROP']
/** What stands behind the first of them is no ban at the head: it lets somebody in. */
const others = [
  '-j mixed',
  '! -s 192.0.2.10/32 -p tcp -m tcp --dport 9 -j DROP',
  '-s 192.0.2.11/32 -j DROP',
  '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
]
const saved = [
  '*filter',
  ':INPUT DROP [0:0]',
  ':FORWARD ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ...['f2b-recidive', 'f2b-sshd', 'mixed'].map(chain => `:${chain} - [0:0]`),
  ...[...bans, ...others].map(rule => `-A INPUT ${rule}`),
  '-A f2b-recidive -s 192.0.2.9/32 -j REJECT --reject-with icmp-port-unreachable',
  '-A f2b-recidive -j RETURN',
  '-A f2b-sshd -j RETURN',
  '-A mixed -s 192.0.2.9/32 -j DROP',
  '-A mixed -s 192.0.2.12/32 -j ACCEPT',
  'COMMIT',
  '',
].join('\n')

const [web, db] = [at('web', 110), at('db', 111)]
const ours = ({ tag, asks }: FirewallAt) =>
  `-d 203.0.113.20/32 -p tcp -m tcp --dport ${asks[0]?.port} -m comment --comment "${tag}" -j ACCEPT`

test.each((['nft', 'legacy'] as const).flatMap(backend => shells.map(shell => [backend, shell] as const)))(
  'iptables-%s, %s',
  (backend, shell) => {
    const input = `iptables-${backend}-save | sed -n 's/^-A INPUT //p'; echo --\n`
    const prepare = `mkdir -p /etc/iptables; printf %s '${base64(saved)}' | base64 -d >/etc/iptables/rules.v4
      ip address add 203.0.113.20/24 dev lo
      ${write('/etc/rc.local', 'iptables-restore </etc/iptables/rules.v4\n')}iptables-${backend}-restore </etc/iptables/rules.v4\n`
    const before = parseSnapshot(inPrivateRoot('dash', `${prepare}look_all`).stdout)
    const make = (one: FirewallAt) => run(firewall.plan(want(one), null, before, one))
    const close = ({ tag }: FirewallAt) => batch(['iptables_close', tag], ['firewall_commit'])
    const seen = inPrivateRoot(
      shell,
      `${prepare}${make(web)}${input}${make(db)}${input}${close(web)}${input}
      iptables-${backend} -I INPUT -p tcp -j f2b-recidive; ${close(db)}${make(web)}${input}`,
    )
    const parts = linesOf(seen)
      .filter(line => !line.startsWith('exit '))
      .join('\n')
      .split('\n--')
      .map(part => part.split('\n').filter(Boolean))
    expect(parts.slice(0, 4)).toEqual([
      [...bans, ours(web), ...others],
      [...bans, ours(db), ours(web), ...others],
      [...bans, ours(db), ...others],
      [bans[0], ...bans, ours(web), ...others],
    ])
  },
)
