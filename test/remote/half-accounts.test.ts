// useradd and userdel that were killed between two of their files: what is half there goes, their locks too, and what is not ours is told.
import { batch, inPrivateRoot, linesOf, look, prepareRoot, write } from './private-root'

beforeAll(prepareRoot)

const unfinished = '/var/lib/ssh-tunnels/unfinished-accounts'
const helpers = `dead=4194304
forget() { # FILE...: as if a killed useradd had not come to them, or a killed userdel had cleared them
  for file in "$@"; do sed -i '/^tun-a:/d' "/etc/$file"; done
}
locks() { # as the killed one leaves them
  for file in passwd shadow group gshadow; do printf '%s\\0' $dead >/etc/$file.lock; done
  printf '%s\\0' $dead >/etc/shadow.$dead
  : >/etc/group+
}
listing /etc >/mnt/before
`
const compare = 'listing /etc >/mnt/after; same /etc /mnt/before /mnt/after; ls -A /var/lib\n'
const add = batch(['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels o'])
const named = write(unfinished, 'tun-a\n')

/** In the order in which shadow's tools write them. */
const files = ['passwd', 'shadow', 'group', 'gshadow']

test.each([1, 2, 3, 4])('an account that was made in %i of its four files', count => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}${add}forget ${files.slice(count).join(' ')}; ${named}locks
    ${batch()}${count < 3 ? '' : batch(['account_remove', 'tun-a'])}${compare}`,
  )
  expect(linesOf(seen).filter(line => line !== 'exit 0')).toEqual(['/etc same'])
})

test.each([1, 2, 3, 4])('an account that was removed from %i of its four files', count => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}${add}forget ${files.slice(0, count).join(' ')}; ${named}locks
    ${batch()}${compare}`,
  )
  expect(linesOf(seen).filter(line => line !== 'exit 0')).toEqual(['/etc same'])
})

test('after a kill the same account can be made and removed', () => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}${add}forget passwd shadow; ${named}locks
    ${add}getent passwd tun-a | cut -d : -f 5
    ${batch(['account_remove', 'tun-a'])}${compare}`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'ssh-tunnels o', 'exit 0', '/etc same'])
})

/** The program does its work for tun-a; called for tun-b it is killed with its whole batch, once. */
const killedAt = (program: string) =>
  `printf '#!/bin/sh\ncase $* in *tun-b) rm /mnt/bin/${program}; kill -KILL 0 ;; esac\nexec /usr/sbin/${program} "$@"\n' >/mnt/bin/${program}
    chmod 755 /mnt/bin/${program}
    plain=$under; under="setsid --wait $under"
    ${batch()}under=$plain
    `

test.each(['groupdel', 'useradd', 'userdel'])(
  'of two that are half removed none is forgotten by a kill before %s of the second',
  program => {
    const other = batch(['account_add', 'tun-b', '/usr/sbin/nologin', 'ssh-tunnels o'])
    const seen = inPrivateRoot(
      'dash',
      `${helpers}${add}${other}forget passwd shadow; sed -i '/^tun-b:/d' /etc/passwd /etc/shadow; ${write(unfinished, 'tun-a\ntun-b\n')}
    ${killedAt(program)}sort -u ${unfinished}
    ${batch()}${compare}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'exit 137', 'tun-a', 'tun-b', 'exit 0', '/etc same'])
  },
)

test('an account that could not be removed stays named, and goes when it can be', () => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}${add}forget shadow; ${named}printf '#!/bin/sh\nexit 8\n' >/mnt/bin/userdel; chmod 755 /mnt/bin/userdel
    ${batch()}sort -u ${unfinished}; rm /mnt/bin/userdel
    ${batch()}${compare}`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'tun-a', 'exit 0', '/etc same'])
})

test('a useradd that is killed alone fails its step, and nothing of it stays', () => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}printf '#!/bin/sh\\n/usr/sbin/useradd "$@"\\nsed -i /^tun-a:/d /etc/shadow /etc/group /etc/gshadow\\nkill -KILL $$\\n' >/mnt/bin/useradd
    chmod 755 /mnt/bin/useradd
    ${add}rm /mnt/bin/useradd
    ${compare}`,
  )
  expect(linesOf(seen)).toEqual(['failed 1', 'exit 137', '/etc same'])
})

test('locks that may be somebody else’s are told and stay; those of the living, and what is only called alike, are neither', () => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}locks; printf '%s\\0' $$ >/etc/subuid.lock; : >/etc/subuid+; cp /etc/passwd /etc/passwd.20240101
    find /etc -maxdepth 1 | sort >/mnt/there
    ${batch()}find /etc -maxdepth 1 | sort | diff /mnt/there - && echo kept
    ${look(['look_whole'])}`,
  )
  const told = linesOf(seen)
    .find(line => line.startsWith('othersleft\x1f'))
    ?.split('\x1f')[2]
  expect(
    Buffer.from(told ?? '', 'base64')
      .toString()
      .split('\n')
      .filter(Boolean),
  ).toEqual([
    '/etc/passwd.lock',
    '/etc/shadow.lock',
    '/etc/shadow.4194304',
    '/etc/group.lock',
    '/etc/group+',
    '/etc/gshadow.lock',
  ])
  expect(linesOf(seen)).toContain('kept')
})

test('a group with members, and files of others in our folders, are not ours', () => {
  const seen = inPrivateRoot(
    'dash',
    `groupadd --system tun-a; useradd --system -G tun-a member; ${named}${write('/etc/ssh-tunnels/note', 'by hand')}
    ${batch()}getent group tun-a | cut -d : -f 4; ls /etc/ssh-tunnels; ls -A /var/lib`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', 'member', 'note'])
})

test('a batch that has waited in vain for another leaves its unfinished account alone', () => {
  const seen = inPrivateRoot(
    'dash',
    `${helpers}${add}forget shadow group gshadow; ${named}
    printf '#!/bin/sh\\nexit 1\\n' >/mnt/bin/flock; chmod 755 /mnt/bin/flock
    ${batch(['account_remove', 'tun-b'])}cat ${unfinished}; grep -c '^tun-a:' /etc/passwd`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', 'failed 0', 'exit 75', 'tun-a', '1'])
})

test('where nothing is kept of before, a change of an account leaves no folder', () => {
  const set = batch(['account_set', 'tun-a', '/bin/sh', 'ssh-tunnels o'])
  const seen = inPrivateRoot('dash', `${add}rm -r /var/lib/ssh-tunnels\n${set}ls -A /var/lib`)
  expect(linesOf(seen)).toEqual(['exit 0', 'exit 0'])
})
