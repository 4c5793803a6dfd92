// Texts that would be more than text to somebody who reads them: a shell, nft, iptables, sshd, systemd, a terminal, Terraform.
import fc from 'fast-check'

/** A file that only somebody who obeys a text makes. */
export const canary = '/tmp/obeyed'

const touch = `touch ${canary}`

const shell = [
  `$(${touch})`,
  `\`${touch}\``,
  `;${touch};`,
  `\n${touch}\n`,
  `|${touch}`,
  `&${touch}&`,
  `'; ${touch}; '`,
  `"; ${touch}; "`,
]
const words = [
  '$HOME',
  '${IFS}',
  '>/tmp/obeyed',
  '-oProxyCommand=touch /tmp/obeyed',
  '--',
  '-',
  '\\',
  "'",
  '"',
  '$',
  '`',
  '#',
  '!',
  '*',
  '?',
  '~',
  '..',
  '../',
  '/',
  ' ',
  '\t',
  '{',
  '}',
  '(',
  ')',
  '&&',
  '||',
  '<',
  ',',
  '=',
  '@',
  ':',
  ']',
  '[',
]
const others = [
  ...[
    '\x1f',
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    '\x7f',
    '\u2028',
    '\u0085',
    '\uFEFF',
    '\ud800',
    '日本',
    '\u202e',
    '\u2066',
  ],
  // systemd.unit(5), systemd.service(5)
  ...[
    '%n',
    '%%',
    '%h',
    '%s',
    '%{',
    '\nExecStartPre=+/usr/bin/touch /tmp/obeyed\n',
    '\n[Service]\n',
    '\\x0a',
    '\\n',
    '\\\n',
  ],
  // nft(8), iptables(8)
  ...[
    '" ; flush ruleset ; add comment "',
    '\nflush ruleset\n',
    '; drop',
    ' accept',
    ' comment "',
    '-j ACCEPT',
    '\n-F\n',
    '0.0.0.0/0',
    '{ 0-65535 }',
    '\ninclude "/etc/passwd"\n',
  ],
  // sshd_config(5), sshd(8)
  ...[
    '\nPermitRootLogin yes\n',
    '\nMatch all\n',
    '\nForceCommand touch /tmp/obeyed\n',
    '",command="touch /tmp/obeyed',
    ' permitopen="*:*"',
    '\nssh-ed25519 AAAA\n',
    'cert-authority ',
  ],
  // a terminal
  ...['\x1b[2J', '\x1b]0;owned\x07', '\x9b31m', '\x1b[201~', '\b\b\b'],
  // Terraform and cdktf
  ...[
    '${path.module}',
    '%{ if true }',
    '$${',
    '${file("/etc/shadow")}',
    'TfToken[TOKEN.1]',
    '{{',
    '<<EOT',
    '__proto__',
    'constructor',
  ],
]

/** Hostile alone, and between words that would pass by themselves. */
export const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...shell, ...words, ...others),
      fc.constantFrom('a', '1', 'web', '22', '203.0.113.20', 'far', '2001:db8::1', 'root', 'ssh-ed25519'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map(parts => parts.join(''))
