// Folders in which ours stand: whose they were not there before goes with the last file of ours; one that stood, empty too, stays.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { batch, inPrivateRoot, linesOf, look, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf'
const key = '/etc/ssh-tunnels/a/known_hosts'
const wants = '/etc/systemd/system/sysinit.target.wants'
const folders = ['/etc/ssh/sshd_config.d', '/etc/ssh-tunnels', '/etc/ssh-tunnels/a', wants]

const arm = ['guard_arm', 'r1', '600:600', encode('end\n')]
const put = [['sshd_put', dropIn, encode('MaxSessions 5\n')], ['sshd_commit'], ['file_put', key, '644', encode('h\n')]]
const remove = [['files_remove', key, ''], ['sshd_remove', dropIn], ['sshd_commit']]
const confirm = 'run_script confirm r1\n'
const undo = 'run_script confirm r1 undo\n'

const make = `${batch(arm, ...put)}${confirm}`
const ways: readonly (readonly [string, string])[] = [
  ['made and removed', `${make}${batch(arm, ...remove)}${confirm}`],
  ['made, and undone', `${batch(arm, ...put)}${undo}`],
  [
    'made, and removed, which is undone, and removed',
    `${make}${batch(arm, ...remove)}${undo}${batch(arm, ...remove)}${confirm}`,
  ],
  [
    'made by a batch that fails',
    batch(...put.slice(0, 1), ['sshd_put', dropIn, encode('Port none\n')], ['sshd_commit']),
  ],
]

describe.each(shells)('under %s', shell => {
  describe.each([
    ['none of them is there', `rm -rf ${folders.join(' ')}`],
    ['they stand empty', `rm -rf ${folders.join(' ')}; mkdir -p ${folders.join(' ')}; chmod 700 ${folders.join(' ')}`],
  ])('where %s', (_what, furnish) => {
    test.each(ways)('%s: all is as before', (_way, script) => {
      const seen = inPrivateRoot(
        shell,
        `${furnish}; sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config; mkdir -p /run/sshd
        listing /etc >/mnt/before
        ${script}
        listing /etc >/mnt/after; same /etc /mnt/before /mnt/after; ls -A /var/lib`,
      )
      expect(linesOf(seen).slice(-1)).toEqual(['/etc same'])
    })
  })
})

test('one that a killed batch has left empty is told, and goes with the next', () => {
  const seen = inPrivateRoot(
    'dash',
    `mkdir -p /run/sshd; ${batch(['file_put', key, '644', encode('h\n')])}rm ${key}
    ${look(['look_whole'])}${batch()}ls -d /etc/ssh-tunnels 2>/dev/null || :; ls -A /var/lib`,
  )
  expect(parseSnapshot(seen.stdout).left).toEqual(['/etc/ssh-tunnels/a'])
  expect(linesOf(seen).slice(-1)).toEqual(['exit 0'])
})

test('an empty folder of somebody else’s is nothing that we have left', () => {
  const seen = inPrivateRoot('dash', `mkdir -p /run/sshd /etc/ssh-tunnels\n${look(['look_whole'])}`)
  expect(parseSnapshot(seen.stdout).left).toEqual([])
})

describe('systemctl takes away a folder of links that gets empty', () => {
  const links = '/etc/systemd/system/multi-user.target.wants'
  const unit = 'tunnel-a.service'
  // As disable of the real one does.
  const disabling = `cat >/mnt/bin/systemctl <<'END'
#!/bin/sh
case $* in disable*) rm -f ${links}/${unit}; rmdir ${links} ;; *list-units*) exit 1 ;; esac
END
`
  const enable = batch(
    ['unit_put', `/etc/systemd/system/${unit}`, encode('[Service]\n')],
    ['unit_enable', unit],
    ['units_reload'],
  )
  const disable = batch(['unit_remove', unit], ['units_end'], ['units_reload'])

  test.each([
    ['that stood empty, with its mode', `rm -rf ${links}; mkdir -m 750 ${links}`, `750 ${links}`],
    ['that was not there', `rm -rf ${links}`, 'none'],
  ])('one %s is as before', (_what, furnish, after) => {
    const seen = inPrivateRoot(
      'dash',
      `${disabling}${furnish}\nmkdir -p /run/sshd\n${enable}${disable}stat -c '%a %n' ${links} 2>/dev/null || echo none; ls -A /var/lib`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', after])
  })
})
