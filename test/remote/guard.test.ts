// A run that is armed: undone when its time is over, by hand or by who comes next; confirmed it stays. Here without systemd.
import { encode } from '../../engine/host/quote'
import { batch, inPrivateRoot, linesOf, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const dropIn = (name: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`
const before = 'listing /etc >/mnt/before\n'
const after = 'listing /etc >/mnt/after\nsame /etc /mnt/before /mnt/after\nls -A /var/lib\n'
const guard = '/var/lib/ssh-tunnels/undo-r1'
const await_ = (what: string) =>
  `tries=300; until ${what} || [ $tries = 0 ]; do sleep 0.1; tries=$((tries - 1)); done\n`
/** Nobody waits any more, from whatever moment of his start. */
const killed = `read -r pid began <${guard}/waiter; kill -KILL "-$pid" 2>/dev/null || kill -KILL "$pid"`

/** One drop-in changes, with its mode, one is new, one goes. */
const armed = (run: string, window: number) =>
  batch(
    ['guard_arm', run, `0:${window}`, encode('end\n')],
    ['sshd_put', dropIn('a'), encode('Match User tun-a\n    PermitTTY no\n')],
    ['sshd_put', dropIn('b'), encode('# new\n')],
    ['sshd_remove', dropIn('c')],
    ['sshd_commit'],
  )
const stood = `${write(dropIn('a'), '# old\n')}${write(dropIn('c'), '# c\n')}chmod 600 ${dropIn('a')}\n${before}`

describe.each(shells)('under %s', shell => {
  test('nobody confirms it: its files are as before, with their modes, and the next batch clears what it kept', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 1)}ls -ld ${guard} | cut -c1-10
      ${await_(`[ -e ${guard}/undone ]`)}cat ${guard}/said
      ${batch()}${after}`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'drwx------', 'exit 0', '/etc same'])
  })

  test('confirmed it stays, and nothing waits any more', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 600)}read -r pid began <${guard}/waiter; kill -0 "$pid"
      run_script confirm other; run_script confirm r1; cat ${dropIn('b')}
      ${await_('! kill -0 "$pid" 2>/dev/null')}ls -A /var/lib; ls ${dropIn('c')} 2>/dev/null || echo gone`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'gone', 'exit 0', 'confirmed', 'exit 0', '# new', 'gone'])
  })

  test('by hand it is undone at any time, once; a confirmation then comes too late, and hears so', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 600)}sh ${guard}/undo; sh ${guard}/undo; echo "again $?"
      run_script confirm r1
      ${after}`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'again 0', 'undone', 'exit 0', '/etc same'])
  })

  test('who still tries has more time, three times, and then it is undone all the same', () => {
    const asks = 'run_script confirm r1 extend'
    // In his first moments he is not yet what he will be.
    const more = `${asks} 600; read -r pid began <${guard}/waiter
      ${await_(`tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -q ' 600 $'`)}[ "$tries" = 0 ] || echo 600\n`
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 300)}read -r first began <${guard}/waiter
      ${more}${await_('! kill -0 "$first" 2>/dev/null')}${more}${asks} 1
      ${await_(`[ -e ${guard}/undone ]`)}run_script confirm r1 extend 600; run_script confirm r1
      ${after}`,
    )
    const extended = ['extended', 'exit 0', '600']
    expect(linesOf(seen)).toEqual([
      ...['armed r1', 'exit 0', ...extended, ...extended, 'extended', 'exit 0'],
      ...['over', 'exit 0', 'undone', 'exit 0', '/etc same'],
    ])
  })

  test('more than three times nobody is given more', () => {
    const ask = 'run_script confirm r1 extend 600\n'
    const seen = inPrivateRoot(shell, `${stood}${armed('r1', 300)}${ask.repeat(4)}run_script confirm r1`)
    expect(linesOf(seen).filter(line => !line.startsWith('exit'))).toEqual([
      ...['armed r1', 'extended', 'extended', 'extended', 'enough', 'confirmed'],
    ])
  })

  test('what somebody else has changed of sshd since it was armed is told, and stays', () => {
    const [changed, gone, fresh] = ['05-a', '06-b', '07-c'].map(name => `/etc/ssh/sshd_config.d/${name}.conf`) as [
      string,
      string,
      string,
    ]
    const seen = inPrivateRoot(
      shell,
      `${write(changed, '# old\n')}${write(gone, '# old\n')}${stood}${armed('r1', 600)}
      echo '# theirs' >${changed}; rm ${gone}; echo '# theirs' >${fresh}
      run_script confirm r1 undo; cat ${changed} ${fresh}`,
    )
    const [, , end, ...rest] = linesOf(seen)
    expect(end).toBe('undone')
    expect(rest).toEqual([
      `other: ${changed}: changed`,
      `other: ${fresh}: new`,
      `other: ${gone}: gone`,
      'exit 0',
      '# theirs',
      '# theirs',
    ])
  })

  test('that it stands in a file which only an Include names makes no difference', () => {
    const included = '/etc/ssh/theirs.conf'
    const seen = inPrivateRoot(
      shell,
      `echo 'Include ${included}' >/etc/ssh/sshd_config; ${write(included, '# old\n')}${stood}${armed('r1', 600)}
      echo '# theirs' >${included}
      run_script confirm r1 undo`,
    )
    expect(linesOf(seen).slice(-3)).toEqual(['undone', `other: ${included}: changed`, 'exit 0'])
  })

  test('what could not be put back is told, and its copies stay for somebody, whoever comes next', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 600)}rm ${guard}/log/1.copy
      run_script confirm r1 undo
      ${batch()}
      [ -e ${guard}/log/2.none ] && echo kept
      look_all | awk -F '\\037' '$1 ~ /left$/ { print $1, $3 }' | while read -r kind value; do echo "$kind: $(echo "$value" | base64 -d)"; done`,
    )
    const [, , ...rest] = linesOf(seen)
    expect(rest).toEqual([
      'undone',
      'not all could be put back: sshd',
      'not all could be put back: rest',
      'exit 0',
      'exit 0',
      'kept',
      `othersleft: ${guard} (undone in part)`,
    ])
  })

  test('nobody waits any more who was stopped before he led a group of his own', () => {
    const slow = '/usr/local/bin/setsid'
    const seen = inPrivateRoot(
      shell,
      `${write(slow, '#!/bin/sh\nsleep 0.5\nexec /usr/bin/setsid "$@"\n')}chmod 755 ${slow}
      ${stood}${armed('r1', 600)}run_script confirm r1
      ${await_(`! cat /proc/[0-9]*/cmdline | grep -aq '[u]ndo-r1'`)}[ "$tries" != 0 ] && echo gone`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'confirmed', 'exit 0', 'gone'])
  })

  test('who can not be confirmed any more is undone by the next batch, before that begins', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 600)}${killed}
      ${await_(`! kill -0 "$pid" 2>/dev/null`)}
      ${batch(['file_put', '/etc/new', '644', encode('new')])}rm /etc/new
      ${after}`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'exit 0', '/etc same'])
  })

  test('undoing that was killed half way is done by the next batch', () => {
    const seen = inPrivateRoot(
      shell,
      `${stood}${armed('r1', 600)}${killed}; mv ${guard}/armed ${guard}/undoing; rm ${dropIn('b')}
      ${await_(`! kill -0 "$pid" 2>/dev/null`)}
      ${batch()}
      ${after}`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'exit 0', '/etc same'])
  })
})
