// `init`: five questions, checked against the real hosts, become a spec.
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Fault } from '../../engine'
import { plain, plainJson } from '../../schemas/plain'
import { parseSpec } from '../../spec'
import { canAsk, makeAsker, Stopped } from '../ask'
import type { Command, Option } from '../command'
import { type Interview, interview, isOfAnswer, requireFlags } from '../init/interview'
import { writeSpec } from '../init/write-spec'
import { json } from '../options'
import { stoppedCode } from '../stop'

const flag = (usage: string, says: string): Option => ({ usage, says, takesValue: true })

export const init: Command = {
  name: 'init',
  takes: [{ name: 'SPEC', optional: true }],
  says: 'asks five questions, checks the answers on the real hosts, and writes a spec',
  example: 'ssh-tunnels init tunnels.yaml',
  more: `Without a file it writes tunnels.yaml. What an option says is not asked:

  ssh-tunnels init --middle root@203.0.113.20 --from here --far localhost:80 --listen 8080 --allow-from everybody

A host behind others is named with its way, LOGIN via JUMP,JUMP, nearest first; middle is a jump host too: admin@10.0.0.7 via middle.
Each host is met once: its name resolves, its port answers, its host key is read and shown, and you compare the fingerprint with what the
host's console shows; then it is pinned in the spec. A key that your known_hosts has is confirmed already. Then the login is tried, with the
agent and the usual keys, and whether it is root or becomes it by sudo or doas. Nothing is changed on any host.
Without a terminal nobody is asked: the options have to say it all, and --fingerprint confirms a host key.`,
  options: {
    json,
    middle: flag('--middle LOGIN', 'the host that opens the port: [USER@]ADDRESS[:PORT], root where no USER is named'),
    from: flag('--from WHERE', 'the machine that reaches the service: here, middle, or the login of another'),
    far: flag('--far HOST:PORT', 'the service, as that machine sees it'),
    listen: flag('--listen WHERE', 'where middle listens: PORT or ADDRESS:PORT'),
    'allow-from': flag('--allow-from WHO', 'who may connect: addresses and networks with commas between, or everybody'),
    via: flag(
      '--via JUMPS',
      'jump hosts on the way to both, nearest first; behind the word middle those to near alone',
    ),
    name: flag('--name NAME', 'what the tunnel is called'),
    'identity-file': flag(
      '--identity-file FILE',
      'the private key to log in with; else the agent, then the usual ones',
    ),
    fingerprint: flag('--fingerprint SHA256:...', 'of a host key that you have confirmed; may be given more than once'),
    force: { usage: '--force', says: 'write over a file that is there' },
  },
  async run(words) {
    const file = words.argument('SPEC') || 'tunnels.yaml'
    const [asJson, force] = [words.has('json'), words.has('force')]
    if (!canAsk()) requireFlags(words.valueOf)
    const asker = canAsk() ? makeAsker() : null
    const say = (line: string) => process.stderr.write(`${plain(line)}\n`)
    try {
      refuseToOverwrite(file, force)
      const wish = { identityFile: words.valueOf('identity-file'), trusted: words.valuesOf('fingerprint'), asker, say }
      const found = await interview({ wish, given: words.valueOf })
      const text = writeSpec(found.answers)
      const { problems } = parseSpec(text, file)
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
      write(file, text, force)
      process.stdout.write(asJson ? document(file, found) : next(file, found))
      return 0
    } catch (why) {
      if (why instanceof Stopped) {
        say('\nstopped; nothing was written')
        return stoppedCode
      }
      if (!(isOfAnswer(why) || why instanceof Taken)) throw why
      const [code, host] = why instanceof Fault ? [why.code, why.host] : ['error', null]
      const errors = [{ about: file, code, host, message: why.message }]
      if (asJson) process.stdout.write(`${plainJson({ command: 'init', spec: file, errors }, 2)}\n`)
      else say(why.message)
      return 1
    } finally {
      asker?.end()
    }
  },
}

/** A file of that name is there. */
class Taken extends Error {}

function refuseToOverwrite(file: string, force: boolean): void {
  if (force) return
  try {
    writeFileSync(file, '', { flag: 'wx' })
    rmSync(file)
  } catch (why) {
    throw asTaken(why, file)
  }
}

/** Whole or not at all; a file that has come meanwhile stays. */
function write(file: string, text: string, force: boolean): void {
  const beside = `${file}.${process.pid}`
  try {
    writeFileSync(beside, text, { flag: 'wx' })
    if (force) renameSync(beside, file)
    else linkSync(beside, file)
  } catch (why) {
    throw asTaken(why, file)
  } finally {
    rmSync(beside, { force: true })
  }
}

function asTaken(why: unknown, file: string): unknown {
  const { code, message } = why as NodeJS.ErrnoException
  if (code === 'EEXIST') return new Taken(`${file} is there already; name another file, or write over it with --force`)
  return new Taken(`${file} cannot be written: ${message}`)
}

const next = (file: string, { answers, met }: Interview): string =>
  plain(`${file} is written: tunnel ${answers.name}, ${met.length} host${met.length === 1 ? '' : 's'}. Next:

  ssh-tunnels explain ${file}    what will be where, and why
  ssh-tunnels plan ${file}       what would change on the hosts
  ssh-tunnels apply ${file}      changes it, and proves that the service answers
`)

const document = (file: string, { answers, met }: Interview): string =>
  `${plainJson(
    {
      command: 'init',
      spec: file,
      tunnel: answers.name,
      hosts: met.map(({ host, fingerprint }) => ({
        name: host.name,
        address: host.address ?? null,
        hostKey: host.hostKey ?? null,
        fingerprint,
        become: host.become ?? null,
      })),
      errors: [],
    },
    2,
  )}\n`
