// Where sshd's configuration does not bring our drop-ins first, two lines of ours at its top do; they go with the last drop-in, byte by byte.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { whyNotFirst } from '../../engine/parts/sshd-config'
import { batch, type Ended, inPrivateRoot, linesOf, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const main = '/etc/ssh/sshd_config'
const folder = '/etc/ssh/sshd_config.d'
const dropIn = (name: string) => `${folder}/10-ssh-tunnels-${name}.conf`
const ours = (name: string) => `Match User tun-${name}\n    PermitOpen far:22\n`
const include = ['sshd_include', main]
const put = (name: string) => ['sshd_put', dropIn(name), encode(ours(name))]
const remove = (name: string) => ['sshd_remove', dropIn(name)]
const commit = ['sshd_commit']
const before = 'mkdir -p /run/sshd; listing /etc >/mnt/before\n'
const after = 'listing /etc >/mnt/after\nsame /etc /mnt/before /mnt/after\n'
const permitOpen = (name: string) =>
  `sshd -T -C user=tun-${name},host=h,addr=127.0.0.1,laddr=127.0.0.1,lport=22 | sed -n 's/^permitopen //p'\n`
const snapshotOf = ({ stdout }: Ended) => parseSnapshot(stdout)

describe.each(shells)('under %s', shell => {
  test.each([
    ['has no Include', 'Port 22\nPermitOpen none\n'],
    ['has it at the bottom, below what may win', `Match all\nPermitOpen none\nInclude ${folder}/*.conf\n`],
    ['has it in a Match block', `Port 22\nMatch User admin\n    PermitTTY no\n    Include ${folder}/*.conf`],
    ['reads a file before ours that may win', `Include ${folder}/*.conf\n`],
    ['has no line end', '# only this'],
    ['is empty', ''],
    ['has lines of another system', 'Port 22\r\n\r\n# \f\n\n'],
  ])('where it %s, ours counts, and afterwards it is as it was', (_how, text) => {
    const seen = inPrivateRoot(
      shell,
      `${write(`${folder}/00-local.conf`, 'Match User tun-*\n    PermitOpen none\n')}${write(main, text)}chmod 640 ${main}; chown root:mail ${main}
      ${before}${batch(put('a'), commit)}${permitOpen('a')}${batch(include, put('a'), include, put('b'), commit)}
      ${permitOpen('a')}${permitOpen('b')}stat -c '%a %U:%G' ${main}; grep -c 10-ssh ${main}
      ${batch(remove('a'), commit)}${permitOpen('b')}${batch(remove('b'), commit)}${after}`,
    )
    const lines = linesOf(seen)
    expect(lines[1]).not.toBe('far:22')
    const both = ['far:22', 'far:22', '640 root:mail', '1']
    expect(lines.slice(2)).toEqual(['exit 0', ...both, 'exit 0', 'far:22', 'exit 0', '/etc same'])
  })

  test('a folder that was not there is made, and goes; a link stays a link', () => {
    const seen = inPrivateRoot(
      shell,
      `rm -rf ${folder}; mkdir /etc/site; mv ${main} /etc/site/sshd; sed -i '/^Include/d' /etc/site/sshd; ln -s ../site/sshd ${main}
      ${before}${batch(include, put('a'), commit)}${permitOpen('a')}readlink ${main}; ls -A /etc/site
      ${batch(remove('a'), commit)}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'far:22', '../site/sshd', 'sshd', 'exit 0', '/etc same'])
  })

  test('our lines that somebody has removed, moved or doubled come back to the top', () => {
    const seen = inPrivateRoot(
      shell,
      `sed -i 's/^Include/#&/' ${main}
      ${before}${batch(include, put('a'), commit)}cp ${main} /mnt/with
      for spoil in '/10-ssh/d' '1,2d' '1d' '1{h;d};$G' '2{h;d};$G' '2p'; do
        sed -i "$spoil" ${main}
        ${batch(include, put('a'), commit)}cmp ${main} /mnt/with && echo again
      done
      ${batch(remove('a'), commit)}${after}`,
    )
    const again = Array(6).fill(['exit 0', 'again']).flat()
    expect(linesOf(seen)).toEqual(['exit 0', ...again, 'exit 0', '/etc same'])
  })

  test('the last goes and the next comes in one batch', () => {
    const seen = inPrivateRoot(
      shell,
      `sed -i '/^Include/d' ${main}
      ${before}${batch(include, put('a'), commit)}${batch(remove('a'), put('b'), commit)}${permitOpen('b')}
      ${batch(put('a'), remove('a'), remove('b'), commit)}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'far:22', 'exit 0', '/etc same'])
  })

  test('a text that sshd refuses takes our lines back too; where another’s is good they stay for that', () => {
    const bad = ['sshd_put', dropIn('b'), encode('Port none\n')]
    const seen = inPrivateRoot(
      shell,
      `sed -i '/^Include/d' ${main}
      ${before}${batch(include, put('a'), bad, commit)}${after}${batch(include, put('a'), commit)}listing /etc >/mnt/before
      ${batch(remove('a'), bad, commit)}${after}`,
    )
    const lines = linesOf(seen)
    expect(lines.filter(line => !line.startsWith('refused'))).toEqual([
      ...['failed 4', 'exit 78', '/etc same', 'exit 0'],
      ...['failed 3', 'exit 78', '/etc same'],
    ])
    // The third and the second step of the two batches.
    expect(lines.filter(line => line.startsWith('refused')).map(line => line.split('\x1f')[1])).toEqual(['3', '2'])
  })

  test('our lines that bring nothing any more are told, and cleared by the next batch', () => {
    const seen = inPrivateRoot(
      shell,
      `rm -rf ${folder}; sed -i '/^Include/d' ${main}
      ${before}${batch(include, put('a'), commit)}rm ${dropIn('a')}
      ${look(['look_whole'])}${batch()}${after}`,
    )
    expect(snapshotOf(seen).left).toEqual([`${main} (our Include)`, folder])
    expect(linesOf(seen).slice(-2)).toEqual(['exit 0', '/etc same'])
  })

  test('a look tells of the files that sshd reads, of however many Includes, so that what is read first is known', () => {
    const seen = inPrivateRoot(
      shell,
      `mkdir /etc/site; ${write('/etc/site/a.conf', 'Include "/etc/site/b" # and more\n')}${write('/etc/site/b', 'Match User tun-a\nPermitOpen none\n')}
      sed -i '1i Include=/etc/site/*.conf' ${main}; mkdir -p /run/sshd
      ${look(['look_tunnel', 'a'])}echo --\n${batch(include, put('a'), commit)}${look(['look_tunnel', 'a'])}`,
    )
    const [first = '', then = ''] = seen.stdout.split('--\n')
    const why = (text: string) => whyNotFirst(parseSnapshot(text), dropIn('a'), ours('a'))?.why ?? null
    expect(why(first)).toBe('/etc/site/b:2 may win (permitopen none)')
    expect(why(then)).toBeNull()
    expect(parseSnapshot(then).sshd['tun-a']?.permitopen).toBe('far:22')
  })
})
