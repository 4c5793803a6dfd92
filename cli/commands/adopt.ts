// `adopt`: the YAML for tunnels that were made by hand, and taking over what runs.
import { Fault } from '../../engine'
import { plain, plainJson } from '../../schemas/plain'
import { draftSpec, findMisplaced, type Misplaced } from '../../spec/from-ssh'
import { adoptHost, adoptLines, type ToAdopt } from '../adopting'
import { type Command, type Words, WrongWords } from '../command'
import { findHost } from '../find-host'
import { refuseUnheard } from '../hand-words'
import { addressesOfName } from '../here'
import { json } from '../options'
import { reading, waitingFor } from '../progress'
import { handOptions, readHand } from '../read-hand'
import { readOrSay } from '../read-or-say'
import { renderAdopt } from '../render-adopt'
import { errorOf } from '../render-json'
import { renderTrouble } from '../render-results'
import { takeOver } from '../take-over'

export const adopt: Command = {
  name: 'adopt',
  takes: [{ name: 'COMMAND', optional: true, many: true }],
  says: 'the spec for tunnels that were made by hand, and what of their rights it would take away',
  example: "ssh-tunnels adopt 'ssh -N -R 203.0.113.20:8080:localhost:80 root@203.0.113.20' > tunnels.yaml",
  more: `Prints YAML that validates on standard output; on standard error what of today's rights goes (least privilege), which
options change, what cannot be adopted, and what is to be filled in. Changes nothing. What to read:
  adopt 'ssh -N ...'               a command line, also autossh's, in quotes
  adopt --config FILE [HOST...]    Host blocks of an ssh_config with LocalForward or RemoteForward
  adopt --unit FILE                a systemd unit, crontab, rc.local or script
  adopt --host HOST [SPEC]         all that runs on a host of the spec, or on a login [USER@]ADDRESS[:PORT]
A command is taken as typed on this machine; --on names the host that it runs on. A line that cannot run where it is typed is
told what to type instead, and where.
adopt --take-over SPEC [TUNNEL...] puts the spec's tunnels in the place of what runs by hand on their clients with the same listener:
it plans and applies; its unit runs until all else is ready, is stopped right before the tunnel's own start, and disabled when that
stands. Where one of its tunnels does not come up it is started again in the place of all; the host does so by itself when it hears
of nobody for three minutes. A process without a unit, and a unit that forwards or runs more, is left alone and told: nothing is changed then.`,
  options: {
    json,
    ...handOptions,
    host: {
      usage: '--host HOST',
      says: 'everything found there: a host of the spec that follows, a login, or here for this machine',
      takesValue: true,
    },
    on: {
      usage: '--on LOGIN',
      says: 'the lines run there: [USER@]ADDRESS[:PORT]. Default: this machine',
      takesValue: true,
    },
    'take-over': { usage: '--take-over', says: 'apply a spec in the place of what runs by hand' },
  },
  async run(words) {
    refuseUnheard(words)
    const given = words.argumentsOf('COMMAND')
    if (words.has('take-over')) {
      const [spec, ...only] = given
      if (spec === undefined) throw new WrongWords('--take-over wants a spec file')
      return takeOver(words, spec, only)
    }
    return draft(words, given)
  },
}

async function draft(words: Words, given: readonly string[]): Promise<number> {
  const asJson = words.has('json')
  const found = await read(words, given)
  if (!found) return 1
  const { notes, known, problems, text } = found
  // What runs has shown that it can.
  const asksWhere = !words.has('host')
  const all = await Promise.all(
    found.all.map(async one => ({
      ...one,
      leadsTo: asksWhere ? await addressesOfName(one.hand.destination.host) : null,
    })),
  )
  const misplaced = asksWhere
    ? all.flatMap(({ hand, client, leadsTo }) =>
        findMisplaced(hand, { addresses: client.addresses, destination: leadsTo }),
      )
    : []
  const drafted = draftSpec(all, known)
  const failed = problems.length > 0 || drafted.adopted.length === 0
  if (asJson) process.stdout.write(`${plainJson(documentOf(drafted, misplaced, notes, problems), 2)}\n`)
  else {
    process.stdout.write(plain(drafted.text))
    process.stderr.write(text === '' ? '' : `${text}\n`)
    process.stderr.write(renderAdopt(drafted, misplaced, notes))
    if (drafted.adopted.length === 0 && problems.length === 0) process.stderr.write('there is nothing to adopt\n')
  }
  return failed ? 1 : 0
}

type Found = ToAdopt & { readonly problems: ReturnType<typeof readHand>['problems']; readonly text: string }

/** Null where it has been said why not. */
async function read(words: Words, given: readonly string[]): Promise<Found | null> {
  const [name, on] = [words.valueOf('host'), words.valueOf('on')]
  const [spec = ''] = given
  try {
    if (name !== undefined) {
      const host = readOrSay('adopt', spec, words.has('json'), () => findHost(name, spec))
      return host && { ...(await waitingFor(reading([host]), () => adoptHost(host))), problems: [], text: '' }
    }
    const { found, problems, text } = readHand(words, given)
    const there = on === undefined ? null : findHost(on, '')
    const adopted = await waitingFor(reading(there ? [there] : []), () => adoptLines(found, there))
    return { ...adopted, problems, text }
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    const about = `host ${why.host}`
    if (words.has('json'))
      process.stdout.write(`${plainJson({ command: 'adopt', spec: null, errors: [errorOf({ about, why })] }, 2)}\n`)
    else process.stderr.write(renderTrouble({ about, why }))
    return null
  }
}

const documentOf = (
  { text, adopted, notAdopted, toDo }: ReturnType<typeof draftSpec>,
  misplaced: readonly Misplaced[],
  notes: readonly string[],
  problems: Found['problems'],
) => ({
  command: 'adopt',
  spec: text === '' ? null : text,
  adopted,
  notAdopted,
  misplaced: misplaced.map(({ forward: _, ...rest }) => rest),
  toDo,
  notes,
  errors: problems.map(problem => ({ about: problem.file, host: null, ...problem })),
})
