// Completion in the real shells, at a terminal: somebody types the beginning of a word and presses Tab.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commands } from '../../cli/commands'
import { findCandidates } from '../../cli/completion/candidates'
import { shells } from '../../cli/completion/scripts'
import { type Typed, typed } from '../typed'

const spec = `version: 1
hosts: { middle: { address: 203.0.113.20 }, near: { local: true } }
tunnels:
  server935-ssh: { client: middle, forward: local, listen: "203.0.113.20:110", far: "server935:22" }
  server936-web: { client: near, server: middle, forward: remote, listen: "203.0.113.20:8080", far: "server936:80" }
  another: { client: near, server: middle, forward: remote, listen: "203.0.113.20:8081", far: "localhost:80" }
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'))
  mkdirSync(join(folder, 'bin'))
  // Where it has none fish makes completions of all manual pages, and goes on when it has ended.
  mkdirSync(join(folder, '.local/share/fish/generated_completions'), { recursive: true })
  // What is completed is run here, and says what it was given.
  const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
  const stub = `#!/bin/sh\ncase $1 in complete | completion) exec ${program} "$@" ;; *) echo "ran <$*>" ;; esac\n`
  writeFileSync(join(folder, 'bin/ssh-tunnels'), stub, { mode: 0o755 })
  writeFileSync(join(folder, 'office.yaml'), spec)
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 })
  writeFileSync(
    join(folder, '.ssh/config'),
    'Host relay-a relay-b *.lan\nHost quiet\nHost relay-a\n  LocalForward 80 far:80\n',
  )
  writeFileSync(
    join(folder, '.ssh/known_hosts'),
    '203.0.113.20,middle.example ssh-ed25519 AAAA\n|1|AA=|BB= ssh-ed25519 AAAA\n',
  )
  const opened = join(folder, '.local/state/ssh-tunnels/9000-middle')
  mkdirSync(opened, { recursive: true })
  writeFileSync(
    join(opened, 'opened.json'),
    JSON.stringify({ name: '9000-middle', pid: 1, listens: ['127.0.0.1:9000'] }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what may stand where', () => {
  const found = (...words: string[]) => {
    const candidates = findCandidates({ commands, words, at: words.length - 1 })
    return candidates === 'files' ? candidates : candidates.map(({ word }) => word)
  }

  test('commands, also of two words, and none that is hidden', () => {
    expect(found('pl')).toEqual(['plan'])
    expect(found('gu')).toEqual(['guard'])
    expect(found('guard', '')).toEqual(['test'])
    expect(found('help', 'des')).toEqual(['destroy'])
    expect(found('one')).toEqual([])
  })

  test('options of the command, and what their values may be', () => {
    expect(found('plan', '--de')).toEqual(['--detailed-exitcode'])
    expect(found('explain', 'x.yaml', '--diagram', 'm')).toEqual(['mermaid'])
    expect(found('install-provider', '--dir', '')).toBe('files')
    expect(found('plan', join(folder, 'office.yaml'), '--only', 'a')).toEqual(['another'])
  })

  test('a file where a spec stands, and then the names in it that are not there yet', () => {
    expect(found('explain', '')).toBe('files')
    expect(found('explain', join(folder, 'office.yaml'), 'another', '')).toEqual(['server935-ssh', 'server936-web'])
    expect(found('explain', join(folder, 'none.yaml'), '')).toEqual([])
    expect(findCandidates({ commands, words: ['guard', 'test', 'm', join(folder, 'office.yaml')], at: 2 })).toEqual([
      { word: 'middle', says: '203.0.113.20' },
    ])
  })

  test('every command can be completed to, and every word that it takes is known', () => {
    for (const { name } of commands.filter(({ hidden }) => !hidden)) {
      expect(found(...name.split(' '))).toContain(name.split(' ').at(-1))
    }
  })
})

const starts = {
  bash: { argv: ['bash', '--noprofile', '--norc', '-i'], load: 'source <(ssh-tunnels completion bash)' },
  zsh: {
    argv: ['zsh', '-f', '-i'],
    load: 'autoload -Uz compinit && compinit -u && source <(ssh-tunnels completion zsh)',
  },
  fish: { argv: ['fish', '--private'], load: 'ssh-tunnels completion fish | source' },
} as const

describe.each(shells)('%s', shell => {
  let screen: Typed
  beforeAll(async () => {
    const { argv, load } = starts[shell]
    const env = {
      PATH: `${folder}/bin:${process.env.PATH}`,
      HOME: folder,
      TERM: 'xterm',
      LANG: 'C.UTF-8',
      NODE_ENV: 'test',
    }
    screen = typed(
      ([program = '', ...words], options) => spawn(program, words, options),
      argv,
      { cwd: folder, env },
      200,
    )
    screen.type(`${load}; echo lo''aded`)
    await screen.see('loaded')
  })
  afterAll(() => screen.stop())

  /** The words that the shell has run: it answers the Tab before it reads the Enter behind it. */
  async function complete(line: string): Promise<string> {
    screen.press(`${line}\t\r`)
    return (await screen.see(/ran <[^>]*>/)).slice('ran <'.length, -1)
  }

  test.each([
    ['ssh-tunnels pl', 'plan'],
    ['ssh-tunnels guard t', 'guard test'],
    ['ssh-tunnels plan --det', 'plan --detailed-exitcode'],
    ['ssh-tunnels explain off', 'explain office.yaml'],
    ['ssh-tunnels explain office.yaml an', 'explain office.yaml another'],
    ['ssh-tunnels explain office.yaml server935-', 'explain office.yaml server935-ssh'],
    ['ssh-tunnels explain office.yaml --diagram mer', 'explain office.yaml --diagram mermaid'],
    ['ssh-tunnels open -L 8080:far:80 qui', 'open -L 8080:far:80 quiet'],
    ['ssh-tunnels open -L 8080:far:80 root@middle', 'open -L 8080:far:80 root@middle.example'],
    ['ssh-tunnels open off', 'open office.yaml'],
    ['ssh-tunnels open office.yaml an', 'open office.yaml another'],
    ['ssh-tunnels close 9', 'close 9000-middle'],
    ['ssh-tunnels list h', 'list here'],
    ['ssh-tunnels adopt --config .ssh/config rel', 'adopt --config .ssh/config relay-a'],
    ['ssh-tunnels adopt --take-over office.yaml server936', 'adopt --take-over office.yaml server936-web'],
    ['ssh-tunnels adopt --on root@203', 'adopt --on root@203.0.113.20'],
    ['ssh-tunnels logs office.yaml oth\x7f\x7f\x7fan', 'logs office.yaml another'],
    // fish shows who completes what stands before the cursor alone.
    ...(shell === 'fish'
      ? []
      : [[`ssh-tunnels adopt --host mid office.yaml${'\x1b[D'.repeat(12)}`, 'adopt --host middle office.yaml']]),
  ])('%s, Tab', async (line, whole) => {
    expect(await complete(line)).toBe(whole)
  })
})
