// A batch that is killed, with all its children, before each process that changes something: the next one clears what is left of it.
import { encode } from '../../engine/host/quote'
import { batch, inPrivateRoot, linesOf, prepareRoot, write } from './private-root'

beforeAll(prepareRoot)

const rule = encode('add rule inet t c tcp dport 9 accept comment "ssh-tunnels a o"\n')
const key = '/etc/ssh-tunnels/a/key'
const knownHosts = '/etc/ssh-tunnels/a/known_hosts'
const firewall = '/etc/ssh-tunnels/a/firewall.nft'
const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf'

const make = batch(
  ['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels o'],
  ['key_make', key, 'tun-a'],
  ['file_put', knownHosts, '644', encode('h\n')],
  ['sshd_put', dropIn, encode('MaxSessions 5\n')],
  ['sshd_commit'],
  ['firewall_open', rule],
  ['firewall_keep', firewall, encode('# made up\n')],
  ['firewall_commit'],
  ['manager_skip', 'tun-a', 'a', encode('[Unit]\n')],
)

/** What is there, as a plan finds it: only that is removed. */
const removals: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [`[ -e ${dropIn} ]`, [['sshd_remove', dropIn], ['sshd_commit']]],
  ['nft list ruleset | grep -q "ssh-tunnels a o"', [['firewall_close', 'ssh-tunnels a o'], ['firewall_commit']]],
  [`[ -e ${firewall} ]`, [['firewall_forget', firewall], ['firewall_commit']]],
  [`[ -e ${key} ] || [ -e ${knownHosts} ]`, [['files_remove', key, knownHosts]]],
  ['getent passwd tun-a >/dev/null', [['account_remove', 'tun-a']]],
  ['ls /etc/systemd/system/user@*/*.conf >/dev/null 2>&1', [['manager_unskip', 'a']]],
]
const lineOf = (fields: readonly string[]) => `printf '%s\\n' '${fields.join('\x1f')}'`
const planRemoval = `{ ${removals.map(([test, steps]) => `if ${test}; then ${steps.map(lineOf).join('; ')}; fi`).join('\n')}
echo end; } >/mnt/steps\n`

/** Programs that change something. Each counts its calls, and at the one that is asked for the whole batch is killed. */
const helpers = `mkdir /mnt/wrap
for program in chmod chown cp groupdel install mkdir mktemp mv nft rm rmdir ssh-keygen useradd userdel; do
  real=$(command -v $program)
  cat >/mnt/wrap/$program <<WRAPPER
#!/bin/sh
read -r count at </mnt/count
count=\\$((count + 1))
echo "\\$count \\$at" >/mnt/count
[ "\\$count" -ne "\\$at" ] || kill -KILL 0
exec $real "\\$@"
WRAPPER
done
chmod 755 /mnt/wrap/*
plain=$under
unwrapped=$PATH
counting() { # AT COMMAND...: kills the batch before its AT-th change
  echo "0 $1" >/mnt/count
  # In a process group of its own, which is killed.
  under="setsid --wait $plain" PATH=/mnt/wrap:$unwrapped
  "$2"
  under=$plain PATH=$unwrapped
}
changes() { read -r count at </mnt/count; echo "$count"; }
make() {
${make}}
plan_removal() {
${planRemoval}}
remove() { run_script batch </mnt/steps; }
everything() { for folder in /etc /var/lib /run; do listing $folder; done; nft -s list ruleset; }
compare() { everything >/mnt/after; same "$1" /mnt/before /mnt/after; }
`

const without = "rm -rf /etc/ssh/sshd_config.d; sed -i '/^Include/d' /etc/ssh/sshd_config"

test.each([
  ['brings drop-ins first', '', '', 15],
  [
    'has to be told to',
    without,
    batch(['sshd_include', '/etc/ssh/sshd_config'], ['sshd_put', dropIn, encode('# a\n')], ['sshd_commit']),
    4,
  ],
])(
  'where sshd_config %s, at every change of a create and of a removal: nothing stays',
  (_how, furnish, making, least) => {
    const seen = inPrivateRoot(
      'dash',
      `${furnish}
    ${write('/etc/nftables.conf', 'flush ruleset\n')}mkdir -p /run/sshd
    ${helpers}
    ${making ? `make() {\n${making}}` : ''}
    nft 'add table inet t; add chain inet t c'
    everything >/mnt/before
    counting 0 make; made=$(changes); echo "made by $made"
    plan_removal; counting 0 remove; removed=$(changes); echo "removed by $removed"
    compare 'without a kill'
    at=1
    while [ $at -le $made ]; do
      counting $at make >/mnt/out 2>&1
      ${batch()}plan_removal; remove; compare "create $at"; at=$((at + 1))
    done
    at=1
    while [ $at -le $removed ]; do
      make; plan_removal; counting $at remove >/mnt/out 2>&1
      ${batch()}plan_removal; remove; compare "removal $at"; at=$((at + 1))
    done`,
    )
    const lines = linesOf(seen)
    const numberIn = (start: string) => Number(lines.find(line => line.startsWith(start))?.slice(start.length))
    const [made, removed] = [numberIn('made by'), numberIn('removed by')]
    expect(made).toBeGreaterThan(least)
    expect(removed).toBeGreaterThan(making ? 3 : 8)
    const fine = /^exit 0$|^(made|removed) by|^(create|removal) \d+ same$|^without a kill same$/
    expect(lines.filter(line => !fine.test(line))).toEqual([])
    expect(lines.filter(line => line.endsWith(' same'))).toHaveLength(1 + made + removed)
  },
)
