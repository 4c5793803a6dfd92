// `doctor`: the first thing that is wrong with a tunnel, its evidence and its cure.
import { type Diagnosis, diagnose, type Estate, type Walked } from '../../engine'
import { isNamed } from '../../schemas/shared'
import { type Command, type Option, type Words, WrongWords } from '../command'
import { cureFor } from '../cure'
import { asksOfHand } from '../diagnose-hand'
import { renderDoctorJson } from '../doctor-json'
import { doctorOfHand } from '../doctor-of-hand'
import { refuseSenseless } from '../doctor-words'
import { fix } from '../fix'
import { json } from '../options'
import { makeWaiting } from '../progress'
import { readEstate } from '../read-estate'
import { handOptions } from '../read-hand'
import { readOrSay } from '../read-or-say'
import { colourDiagnoses, renderDiagnoses } from '../render-diagnosis'
import { listenForStop, type Stop, stoppedCode } from '../stop'
import { takesColour } from '../terminal'

const fixOption: Option = {
  usage: '--fix',
  says: 'shows what an apply of the tunnels that are not well would change, and does it after a question, or with --yes',
}
const yes: Option = { usage: '--yes', says: 'with --fix: does not ask' }
const all: Option = { usage: '--all', says: 'every check of every tunnel; default where one tunnel is named' }

export const doctor: Command = {
  name: 'doctor',
  takes: [
    { name: 'SPEC', optional: true },
    { name: 'TUNNEL', optional: true, many: true },
  ],
  says: 'what is wrong with a tunnel: walks the chain, names the first thing, its evidence and its cure; changes nothing but with --fix',
  example: 'ssh-tunnels doctor tunnels.yaml server935-ssh',
  more: `The walk goes from near to middle to far: names, port 22, host keys, logins and root; accounts and keys; what sshd lets the
tunnel do, with the file and line that sets it; the port and who has it; the unit, its connection to the server and what keeps that from
being forgotten; large packets; the firewall, with the rule that closes the port; far, and the way to the port.
Each line is ok, FAIL, ? (nobody can tell: never good) or - (not judged, for the walk did not come so far). Each host is read once,
and a host that is away costs its own tunnels only. Tunnels that are well have one line each, unless one tunnel is named or --all is given.
--fix cures by an apply of these tunnels alone; where the cure is in somebody else's file, or in yours, it names the line.
Tunnels that we did not make: doctor --command 'ssh -N -L ...', also autossh's; doctor --unit FILE; doctor --config FILE HOST. They
are taken to run on this machine, or on --on LOGIN, whose units --unit can name. What is asked of the server needs the login of the line.
Exit status 3 when a check failed or is unknown, also after a --fix that has not cured all; 1 when the apply of --fix has failed.`,
  options: {
    json,
    all,
    fix: fixOption,
    yes,
    command: {
      usage: '--command LINE',
      says: 'a command line of ssh or autossh, in quotes, instead of a spec',
      takesValue: true,
    },
    ...handOptions,
    on: {
      usage: '--on LOGIN',
      says: 'where the command, unit or configuration runs: [USER@]ADDRESS[:PORT]. Default: this machine',
      takesValue: true,
    },
  },
  run,
}

async function run(words: Words): Promise<number> {
  refuseSenseless(words)
  if (asksOfHand(words)) return doctorOfHand(words)
  if (words.argument('SPEC') === '') throw new WrongWords('say which: a spec file, --command, --unit or --config')
  const [spec, asJson, named] = [words.argument('SPEC'), words.has('json'), words.argumentsOf('TUNNEL')]
  const stop = listenForStop()
  const estate = readOrSay('doctor', spec, asJson, () => readEstate(spec, named))
  if (!estate) return 1
  const before = await ask(estate, named)
  const isWhole = words.has('all') || named.length === 1
  const show = (diagnoses: readonly Diagnosis[]) => {
    const text = renderDiagnoses({ diagnoses, all: isWhole, cureOf: cureFor(spec) })
    process.stdout.write(takesColour(process.stdout) ? colourDiagnoses(text) : text)
  }
  if (!asJson) show(before)
  const sick = before.filter(({ first }) => first !== null && isCurable(first)).map(({ name }) => name)
  const fixed = words.has('fix') && sick.length > 0 ? await fix(readEstate(spec, sick), how(words, asJson, stop)) : null
  if (words.has('fix') && sick.length === 0 && !asJson && before.some(({ verdict }) => verdict !== 'ok'))
    process.stdout.write('\n--fix: no apply cures this; see the cure above\n')
  const after = fixed?.results ? await ask(estate, named) : before
  if (after !== before && !asJson) {
    process.stdout.write('\n')
    show(after)
  }
  if (asJson) process.stdout.write(renderDoctorJson(spec, { before, after, fixed }))
  if (stop.isAsked()) return stoppedCode
  if (fixed?.troubles.length) return 1
  return after.every(({ verdict }) => verdict === 'ok') ? 0 : 3
}

const how = (words: Words, json: boolean, stop: Stop) => ({ yes: words.has('yes'), json, stop })

async function ask(estate: Estate, named: readonly string[]): Promise<Diagnosis[]> {
  const tunnels = estate.declared.filter(
    one => one.type === 'tunnel' && (named.length === 0 || isNamed(one.input, named)),
  )
  const waiting = makeWaiting(process.stderr)
  try {
    return await diagnose(tunnels, { ...estate, named }, waiting.say)
  } finally {
    waiting.end()
  }
}

/** An apply puts it right: not what is far's own, or lies between hosts. */
const isCurable = ({ mends, link, code }: Walked): boolean =>
  mends === true &&
  code !== 'waits-for-owner' &&
  (!['far reached', 'far answers', 'port reached'].includes(link) || code === 'tunnel-blocked')
