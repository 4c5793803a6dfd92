// Far: refuses, is not there, is silent, speaks something else.
import { type Ailment, beginAnew, closeBetween, on, openBetween } from './ailment'

const sick = { problem: 'far', link: 'far reached' } as const
const hole = { problem: 'far', link: 'large packets', code: 'large-packets-lost', cure: /smaller MTU/ } as const
/** Another service in place of far's page; of the same port. */
const instead = (program: string) =>
  on(
    'far',
    `systemctl stop web; systemd-run -q --unit=other busybox nc -ll -p 80 -e ${program}; while ! ss -Hltn | grep -q :80; do sleep 0.1; done`,
  )
const asBefore = on('far', 'systemctl stop other; systemctl start web')

export const far: readonly Ailment[] = [
  {
    ...sick,
    what: 'far refuses',
    code: 'far-silent',
    make: on('far', 'systemctl stop web'),
    says: [/it refuses connections, nothing listens there/],
    cure: /see that the service on far:80 runs/,
    undo: on('far', 'systemctl start web'),
  },
  {
    ...sick,
    what: 'far gives no answer',
    code: 'far-unreached',
    make: lab => lab.cutLink('far'),
    says: [/it gives no answer at all/],
    cure: /see that the host of far:80 is up/,
    undo: lab => lab.healLink('far'),
  },
  {
    ...sick,
    what: 'there is no way to far',
    code: 'far-unreached',
    make: on('near', 'ip route add unreachable 192.0.2.130'),
    says: [/there is no way to it/],
    cure: /see that/,
    undo: on('near', 'ip route del unreachable 192.0.2.130'),
  },
  {
    ...sick,
    what: "far's name leads nowhere",
    code: 'far-unreached',
    make: async lab => {
      await lab.hosts.near.sh("sed -i.before 's/ far / elsewhere /' /etc/hosts")
      await beginAnew(lab)
    },
    says: [/its name leads to no address/],
    cure: /see that/,
    undo: async lab => {
      await lab.hosts.near.sh('mv /etc/hosts.before /etc/hosts')
      await beginAnew(lab)
    },
  },
  {
    ...hole,
    what: 'large packets from near to far are lost, without a word',
    make: closeBetween('iifname "near" oifname "far" meta length > 1300 drop'),
    says: [/small packets between near and far \(far:80\) come through, and large ones from near to far:80 are lost/],
    undo: openBetween,
  },
  {
    ...hole,
    what: 'large packets from far to near are lost, without a word',
    make: async lab => {
      await lab.hosts.far.sh('cp /srv/www/index.html /root/; seq 20000 >>/srv/www/index.html')
      await closeBetween('iifname "far" oifname "near" meta length > 1300 drop')(lab)
    },
    says: [/small packets between near and far \(far:80\) come through, and large ones from far:80 to near are lost/],
    undo: async lab => {
      await openBetween(lab)
      await lab.hosts.far.sh('mv /root/index.html /srv/www/')
    },
  },
  {
    ...sick,
    what: 'far takes connections and says nothing',
    code: 'far-silent',
    make: on('far', 'systemctl kill -s STOP web'),
    says: [/it takes connections and says nothing/],
    cure: /see that the service on far:80 runs/,
    undo: on('far', 'systemctl kill -s CONT web'),
  },
  {
    ...sick,
    what: 'far takes connections and closes them',
    code: 'far-silent',
    make: instead('/bin/true'),
    says: [/it takes connections and closes them/],
    cure: /see that the service on far:80 runs/,
    undo: asBefore,
  },
  {
    ...sick,
    what: 'another service than the probe asks for stands at far',
    code: 'far-silent',
    make: instead('/bin/hostname'),
    says: [/it speaks another protocol than probe says/, /does not speak http: it said "far"/],
    cure: /say what it speaks as probe/,
    undo: asBefore,
  },
  {
    ...sick,
    what: 'probe says TLS, and far has none',
    code: 'far-silent',
    spec: { web: { probe: 'tls' } },
    says: [/it speaks another protocol than probe says/, /no TLS/],
    cure: /say what it speaks as probe/,
  },
  {
    ...sick,
    what: 'far answers with a status that does not count',
    code: 'far-silent',
    spec: { web: { probe: 'http', probeStatus: ['2xx'] } },
    make: on('far', 'mv /srv/www/index.html /srv/www/elsewhere'),
    says: [/it answers, and not as probeStatus wants/, /404/],
    cure: /say its status in probeStatus/,
    undo: on('far', 'mv /srv/www/elsewhere /srv/www/index.html'),
  },
]
