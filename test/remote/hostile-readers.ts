// Those who read what a user has written: shells, sshd, ssh-keygen, nft and systemd. Each takes it for text, or says so.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { lineOf } from '../../engine/change/order-lines'
import { makeCall, startMark } from '../../engine/host/quote'
import { showArguments } from '../host/odd-arguments'
import { canary } from '../hostile-text'
import type { Files } from './hostile-values'
import { inPrivateRoot, type Shell } from './private-root'

/** At once, in one process of the shell. */
const together = 1000

export function* inTurns<Value>(all: Iterable<Value>, most: number): Generator<Value[]> {
  const values = [...all]
  for (let at = 0; at < values.length; at += most) yield values.slice(at, at + most)
}

/** As arguments of a program that a login shell starts, and as its stdin: they come out as they went in. */
export function passThroughShell(shell: readonly [string, ...string[]], texts: readonly string[]): void {
  rmSync(canary, { force: true })
  for (const some of inTurns(
    texts.map(text => Buffer.from(text.replaceAll('\0', '')).toString()),
    together,
  )) {
    const { command, program } = makeCall('middle', { name: 'show', text: showArguments }, some, 60)
    const stdin = some.join('\n')
    const [name, ...words] = shell
    const ran = spawnSync(name, [...words, '-c', command], {
      input: program + stdin,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      cwd: '/',
    })
    const expected = [`${startMark}\nshow`, ...some, stdin].join('\0')
    if (ran.stdout !== expected || ran.stderr !== `${startMark}\n` || existsSync(canary))
      throw new Error(`${name} did not take for text: ${JSON.stringify(some).slice(0, 3000)}\n${ran.stderr}`)
  }
}

const heredoc = (path: string, texts: Iterable<string>) =>
  `base64 -d <<'END' >${path}\n${Buffer.from([...texts].join('')).toString('base64')}\nEND\n`

/** One file each: a line `%%% NUMBER` stands before each text, and none of ours has one. */
const apart = (folder: string, end: string, texts: readonly string[]) =>
  `mkdir -p ${folder}\n${heredoc(
    '/mnt/all',
    texts.map((text, at) => `%%% ${at}\n${text}`),
  )}awk '/^%%% [0-9]+$/ { file = "${folder}/t" $2 "${end}"; next } { print >file }' /mnt/all\n`

/** As content of files, by a batch in a private root: what is read there is what was written. */
export function passThroughBatch(shell: Shell, texts: readonly string[]): void {
  for (const some of inTurns(texts, 200)) {
    const lines = some.map((content, at) =>
      lineOf({
        why: '',
        phase: 'make',
        verb: 'file_put',
        args: [`/etc/ssh-tunnels/t${at}/known_hosts`, '644'],
        content,
      }),
    )
    const given = Buffer.from([...lines, 'end', ''].join('\n')).toString('base64')
    const { stdout } = inPrivateRoot(
      shell,
      `base64 -d <<'END' | run_script batch\n${given}\nEND\nfor n in $(seq 0 ${some.length - 1}); do base64 -w 0 /etc/ssh-tunnels/t$n/known_hosts; echo; done; [ ! -e ${canary} ] || echo obeyed`,
    )
    const got = stdout.trimEnd().split('\n').slice(-some.length)
    const wanted = some.map(text => Buffer.from(text).toString('base64'))
    if (got.join('\n') !== wanted.join('\n'))
      throw new Error(`a batch did not take for text: ${JSON.stringify(some).slice(0, 2000)}\n${stdout.slice(0, 500)}`)
  }
}

/** What a reader may not tell: a second line of the same kind, and what systemd or ssh would replace. */
const shapes = {
  keyLines: /^restrict,port-forwarding,permit(listen|open)="[^"\s]+",command="\/bin\/false" ssh-ed25519 [\w+/=]+\n$/,
  rules:
    /^insert rule inet filter input (ip6? [sd]addr [\da-f:./]+ ){0,2}tcp dport \d+ accept comment "ssh-tunnels [\w-]+ [\w.-]+"\n$/,
  ownDropIns: /^(#[^\n]*\n)+([A-Za-z0-9]+ [^\n]+|Match User [^\s,]+( Address [\da-f:./]+)?\n {4}AllowUsers [^\s,]+)\n$/,
  // Besides the program of ExecStartPre, which is ours alone.
  units: /^([^%$]*)\nExecStartPre=[\s\S]*\nExecStart=[^%$]*$/,
  dropIns: /^(# [^\n]+\n)+Match User tun-[a-z0-9-]+\n( {4}[^\n]+\n)+$/,
} as const

export function checkShapes(files: Files): void {
  for (const [kind, shape] of Object.entries(shapes)) {
    const odd = [...files[kind as keyof Files]].find(text => !shape.test(text))
    if (odd !== undefined) throw new Error(`one of ${kind} is of another shape:\n${odd}`)
  }
}

/** Before their readers, in a private root. Gives how many each has taken. */
export function beforeReaders(files: Files): Record<string, number> {
  const { units, dropIns, ownDropIns, keyLines, rules } = files
  checkShapes(files)
  const read = (script: string) => {
    const { stdout } = inPrivateRoot('dash', `${script}\n[ ! -e ${canary} ] || echo obeyed`)
    if (stdout.includes('obeyed')) throw new Error('one of them was obeyed')
    return stdout.trim().split('\n').filter(Boolean)
  }
  const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0)
  const inTurn = (all: Set<string>, most: number, reader: (some: string[]) => number) =>
    sum([...inTurns(all, most)].map(reader))
  return {
    // Each line is one key, with our options before it.
    keys: inTurn(keyLines, 2000, some => read(`${heredoc('/mnt/keys', some)}ssh-keygen -l -f /mnt/keys`).length),
    // Nothing but rules that accept a port come of it.
    rules: inTurn(rules, 2000, some => {
      const [rules, ...rest] = read(
        `${heredoc('/mnt/rules', ['table inet filter { chain input { type filter hook input priority 0; policy drop; }; }\n', ...some])}nft -f /mnt/rules && nft list ruleset | grep -c 'tcp dport [0-9]* accept comment "ssh-tunnels [^ ]* [^ ]*"$'; nft list ruleset | grep -v 'accept comment'`,
      )
      if (
        rest.join(' ').replace(/\s+/g, ' ') !==
        'table inet filter { chain input { type filter hook input priority filter; policy drop; } }'
      )
        throw new Error(rest.join('\n'))
      return Number(rules)
    }),
    // sshd has for everybody what it had, and whatever it says of the account is what stands there.
    dropIns: inTurn(dropIns, 400, some =>
      Number(
        read(
          `${apart('/mnt/d', '.conf', some)}mkdir -p /run/sshd; echo >/mnt/none; sshd -T -f /mnt/none -C user=nobody,host=h,addr=192.0.2.1 | sort >/mnt/before
            for f in /mnt/d/*; do
              sshd -T -f "$f" -C user=nobody,host=h,addr=192.0.2.1 2>/mnt/err | sort >/mnt/after && cmp -s /mnt/before /mnt/after && echo same || { cat "$f" /mnt/err >&2; diff /mnt/before /mnt/after >&2; }
            done | grep -c same`,
        )[0],
      ),
    ),
    // A line for everybody sets its own keyword or is refused: never another one.
    ownDropIns: inTurn(ownDropIns, 400, some =>
      Number(
        read(
          `${apart('/mnt/d', '.conf', some)}mkdir -p /run/sshd; echo >/mnt/none; sshd -T -f /mnt/none | sort >/mnt/before
            for f in /mnt/d/*; do
              if ! sshd -T -f "$f" 2>/mnt/err | sort >/mnt/after || [ ! -s /mnt/after ]; then echo fine; continue; fi
              own=$(grep -v '^#' "$f" | awk '{ print tolower($1) }' | sort -u)
              other=$(diff /mnt/before /mnt/after | sed -n 's/^[<>] //p' | awk '{ print $1 }' | sort -u | while read -r word; do printf '%s\\n' "$own" | grep -qx "$word" || echo "$word"; done)
              [ -z "$other" ] && echo fine || { cat "$f" >&2; echo "$other" >&2; }
            done | grep -c fine`,
        )[0],
      ),
    ),
    // systemd knows every line, and starts ssh alone.
    units: inTurn(units, 400, some => {
      const [starts, ...odd] = read(
        `${apart('/mnt/u', '.service', some)}cd /mnt/u
          grep -c '^ExecStart=/usr/bin/ssh -F none' * | grep -c ':1$'
          grep -h '^[A-Za-z]*=' * | cut -d = -f 1 | sort | uniq -c | awk '$1 % ${some.length} { print }'
          systemd-analyze verify --man=no ./*.service 2>&1 | grep 't[0-9]*[.]service:[0-9]' || true`,
      )
      if (odd.length > 0) throw new Error(`systemd reads more in them than there should be: ${odd.join('\n')}`)
      return Number(starts)
    }),
  }
}
