// Firewall verbs: rules come and go in one transaction, nftables.conf comes back byte for byte, and what does not load is undone.
import { encode } from '../../engine/host/quote'
import { base64, batch, inPrivateRoot, linesOf, prepareRoot, readRefused, shells, write } from './private-root'

beforeAll(prepareRoot)

const conf = '/etc/nftables.conf'
const text =
  '#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n'
const rule = (port: number, tag: string) => `insert rule inet filter input tcp dport ${port} accept comment "${tag}"\n`
const file = (name: string) => `/etc/ssh-tunnels/${name}/firewall.nft`
const keep = (name: string, port: number) => ['firewall_keep', file(name), encode(rule(port, `ssh-tunnels ${name} me`))]
const open = (name: string, port: number) => ['firewall_open', encode(rule(port, `ssh-tunnels ${name} me`))]
const close = (tag: string) => ['firewall_close', tag]
const forget = (name: string) => ['firewall_forget', file(name)]
const commit = ['firewall_commit']
const rules = "nft list chain inet filter input | sed -n 's/^\\t\\t\\(tcp.*\\)/\\1/p'\n"
const before = 'listing /etc >/mnt/before; cp -p /etc/nftables.conf /mnt/conf\n'
const after = 'listing /etc >/mnt/after\nsame /etc /mnt/before /mnt/after\n'
const load = `nft -f ${conf}\n`
const includes = `grep -c '^include' ${conf} || :\n`

describe.each(shells)('under %s', shell => {
  test.each([
    ['as Debian has it', text],
    ['without an end of its last line', text.trimEnd()],
    ['empty', ''],
    ['with empty lines at its end', `${text}\n\n`],
  ])('a nftables.conf %s comes back byte for byte after keep and forget', (_how, content) => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, content)}chmod 750 ${conf}
      nft -f - <<'E'\n${text}\nE\n
      ${before}
      ${content ? batch(keep('a', 110), commit) : batch(['firewall_keep', file('a'), encode('# nothing\n')], commit)}${includes}
      ${batch(forget('a'), forget('a'), commit)}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', '1', 'exit 0', '/etc same'])
  })

  test('an opening is there at once, after a reload and after a second keep, and gone with its file', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text)}${load}${before}
      ${batch(open('a', 110), keep('a', 110), commit)}${rules}
      ${load}${batch(keep('a', 110), commit)}${includes}${rules}
      ${batch(close('ssh-tunnels a me'), forget('a'), commit)}${rules}${after}`,
    )
    const opened = 'tcp dport 110 accept comment "ssh-tunnels a me"'
    expect(linesOf(seen)).toEqual([
      'exit 0',
      opened,
      'tcp dport 22 accept',
      'exit 0',
      '1',
      opened,
      'tcp dport 22 accept',
      'exit 0',
      'tcp dport 22 accept',
      '/etc same',
    ])
  })

  test('tunnels share the include line: the last removal takes it away', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text.trimEnd())}${load}${before}
      ${batch(keep('a', 110), keep('b', 111), commit)}${includes}
      ${batch(forget('a'), commit)}${includes}
      ${batch(forget('b'), keep('c', 112), commit)}${includes}
      ${batch(forget('c'), commit)}${includes}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', '1', 'exit 0', '1', 'exit 0', '1', 'exit 0', '0', '/etc same'])
  })

  test('closing removes only the rules with exactly this tag, in every chain', () => {
    const seen = inPrivateRoot(
      shell,
      `${load}nft -f - <<'E'
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		tcp dport 1 accept comment "ssh-tunnels a me"
		tcp dport 2 accept comment "ssh-tunnels a me2"
		tcp dport 3 accept comment "ssh-tunnels a"
		tcp dport 4 accept comment "x ssh-tunnels a me"
		tcp dport 5 accept comment "ssh-tunnels a-b me"
		tcp dport 6 accept comment "ssh-tunnels a me"
	}
}
table ip6 other {
	chain incoming { comment "ssh-tunnels a me"; type filter hook input priority 5; tcp dport 7 accept comment "ssh-tunnels a me"; tcp dport 8 accept; }
}
E
      ${batch(close('ssh-tunnels a me'), commit)}
      nft list ruleset | grep -o 'dport [0-9]*'
      ${batch(close('ssh-tunnels a me'), commit)}`,
    )
    const left = [2, 3, 4, 5, 8].map(port => `dport ${port}`)
    expect(linesOf(seen)).toEqual(['exit 0', ...left, 'exit 0'])
  })

  test('rules that nftables.conf could not load after a reboot are not kept, and the whole batch is put back', () => {
    // The running table is not the one of nftables.conf: somebody loaded it by hand.
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text.replace('inet filter', 'inet another'))}${write(file('_host'), '# ours of before\n')}
      nft -f - <<'E'\n${text}\nE
      ${before}${batch(open('a', 110), forget('_host'), keep('a', 110), commit)}${rules}${after}`,
    )
    expect(Object.keys(readRefused(seen))).toEqual(['3'])
    expect(linesOf(seen).slice(1)).toEqual(['failed 4', 'exit 78', 'tcp dport 22 accept', '/etc same'])
    expect(seen.stderr).toMatch(/nftables\.conf would not load any more:[\s\S]*No such file or directory/)
  })

  test('rules that do not load now are not kept either', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text)}${before}${batch(open('a', 110), keep('a', 110), commit)}${after}`,
    )
    expect(Object.keys(readRefused(seen))).toEqual(['1'])
    expect(linesOf(seen).slice(1)).toEqual(['failed 3', 'exit 78', '/etc same'])
    expect(seen.stderr).toContain('nft does not load the rules:')
  })

  test('of many openings those that nft refuses are told, each with its words, and of many kept files the bad ones', () => {
    const bad = 'insert rule inet filter nowhere tcp dport 1 accept\n'
    const others = [...Array(9).keys()].flatMap(at => [open(`t${at}`, 2000 + at), keep(`t${at}`, 2000 + at)])
    const refused = (...steps: (readonly string[])[]) =>
      inPrivateRoot(shell, `${write(conf, text)}${load}${before}${batch(...others, ...steps, commit)}${after}`)
    const rules = refused(['firewall_open', encode(bad)], close('ssh-tunnels a me'), [
      'firewall_open',
      encode('nonsense\n'),
    ])
    expect(readRefused(rules)).toEqual({
      19: expect.stringContaining('dport 1'),
      21: expect.stringContaining('nonsense'),
    })
    const files = refused(['firewall_keep', file('x'), encode(bad)], ['firewall_keep', file('y'), encode('nonsense\n')])
    expect(readRefused(files)).toEqual({
      19: expect.stringContaining('/x/firewall.nft'),
      20: expect.stringContaining('nonsense'),
    })
    for (const seen of [rules, files]) expect(linesOf(seen).slice(-1)).toEqual(['/etc same'])
  })

  test('what was not committed yet is put back when a later step fails', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text)}${load}${before}${batch(open('a', 110), keep('a', 110), ['no_such_verb'], commit)}${rules}${after}`,
    )
    expect(linesOf(seen)).toEqual(['failed 3', 'exit 127', 'tcp dport 22 accept', '/etc same'])
  })

  test('what sshd was told of before stays, and its text of before goes nowhere', () => {
    const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf'
    const put = ['sshd_put', dropIn, encode('Match User tun-a\n    PermitListen 127.0.0.1:110\n')]
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text)}${load}${write(dropIn, '# of before\n')}
      ${batch(put, ['sshd_commit'], open('a', 110), keep('a', 110), ['no_such_verb'], commit)}
      ls ${file('a')} 2>/dev/null || :; nft -c -f ${conf} && tail -n 1 ${dropIn}`,
    )
    expect(linesOf(seen)).toEqual(['failed 5', 'exit 127', '    PermitListen 127.0.0.1:110'])
  })

  test('a nftables.conf that is a link stays one', () => {
    const seen = inPrivateRoot(
      shell,
      `${write('/etc/firewall/main.nft', text)}ln -sf firewall/main.nft ${conf}
      ${load}${before}${batch(open('a', 110), keep('a', 110), commit)}readlink ${conf}; ${includes}
      ${batch(close('ssh-tunnels a me'), forget('a'), commit)}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'firewall/main.nft', '1', 'exit 0', '/etc same'])
  })

  test('an include line that somebody made a comment of is not taken for ours, and stays', () => {
    const commented = `${text}#include "/etc/ssh-tunnels/*/firewall.nft" # ssh-tunnels\n`
    const seen = inPrivateRoot(
      shell,
      `${write(conf, commented)}${load}${before}
      ${batch(keep('a', 110), commit)}${load}${rules}${batch(forget('a'), commit)}${after}`,
    )
    const opened = 'tcp dport 110 accept comment "ssh-tunnels a me"'
    expect(linesOf(seen)).toEqual(['exit 0', opened, 'tcp dport 22 accept', 'exit 0', '/etc same'])
  })

  test('what others wrote after our include line keeps its last line end', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(conf, text.trimEnd())}${load}${batch(keep('a', 110), commit)}
      echo '# by hand' >>${conf}
      ${batch(forget('a'), commit)}tail -n 2 ${conf} | base64`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', base64('}\n# by hand\n')])
  })
})
