// A tunnel as people make it by hand: what a command line or a configuration comes to, and what each of its options means for us.
import type { Problem } from '../problem'
import { type ForwardType, flagOfForward, type HandForward, readForward, writeForward } from './forward-spec'
import { type Login, readLogin, writeLogin } from './login'
import { type Meaning, meaningAround, meaningBefore, meaningBeside, meaningOf } from './meanings'
import { hidden, valueShown } from './secrets'
import type { Setting } from './setting'
import { quoteWord } from './shell-words'
import { lineOf, type Place, problemAt, within } from './source'
import type { Argv } from './ssh-argv'
import { firstOfEach, splitWords } from './ssh-config'

export interface ByHand {
  readonly program: 'ssh' | 'autossh'
  readonly destination: {
    /** What stands on the line: an alias of ssh_config, perhaps. */
    readonly written: string
    readonly host: string
    /** Null: whoever runs it. */
    readonly user: string | null
    /** Null: 22. */
    readonly port: number | null
  }
  /** The nearest first, as ProxyJump. */
  readonly jumps: readonly Login[]
  readonly forwards: readonly Placed<HandForward>[]
  /** Null where ssh's own default holds: no keepalive at all, and 3. */
  readonly keepAlive: { readonly interval: number | null; readonly countMax: number | null }
  readonly identityFiles: readonly string[]
  readonly knownHosts: string | null
  /** GatewayPorts of the client: forwards without an address listen on all of them. */
  readonly isOpen: boolean
  /** StreamLocalBindMask of the client, in octal; null where ssh's own default holds. */
  readonly bindMask: string | null
  /** Whether a shell or a command starts at the other end. */
  readonly session: 'none' | 'shell' | 'command'
  /** -f, or autossh's. */
  readonly isInBackground: boolean
  /** The account that runs it, where a unit or a table says so. */
  readonly runBy: string | null
  /** Every option, in the order of the text. */
  readonly options: readonly Told[]
  readonly place: Where
}

export interface Where {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type Placed<Value> = Value & Where

export interface Told extends Meaning, Where {
  readonly written: string
  /** In lower case, as OpenSSH compares them; empty for what is not ssh's. */
  readonly keyword: string
  /** Without what may be a secret. */
  readonly value: string
}

export interface Read {
  /** Null where there are problems. */
  readonly found: ByHand | null
  readonly problems: readonly Problem[]
}

/** `config` is what ssh_config adds for this destination, behind what the line says itself. */
export function interpret(argv: Argv, config: readonly Setting[] = [], runBy: string | null = null): Read {
  const problems: Problem[] = [...argv.problems]
  const { destination, around, command, place } = argv
  if (!destination) {
    const hint = 'the host that ssh logs in to, as [USER@]HOST'
    problems.push(problemAt(place, { code: 'no-destination', message: `${argv.program} has no destination`, hint }))
    return { found: null, problems }
  }
  const settings = firstOfEach([...argv.settings, ...config])
  const say = (at: Place, code: string, message: string, hint?: string) =>
    problems.push(problemAt(at, { code, message, ...(hint === undefined ? {} : { hint }) }))
  const first = (keyword: string) => settings.find(setting => setting.keyword === keyword)
  const number = (keyword: string, least: number, most: number): number | null => {
    const setting = first(keyword)
    if (!setting) return null
    if (/^\d{1,9}$/.test(setting.value) && +setting.value >= least && +setting.value <= most) return +setting.value
    say(setting.place, 'bad-number', `${setting.written} ${setting.value} is no number from ${least} to ${most}`)
    return null
  }
  const seconds = (keyword: string): number | null => {
    const setting = first(keyword)
    if (!setting || setting.value.toLowerCase() === 'none') return null
    const time = readTime(setting.value)
    if (time === null)
      say(setting.place, 'bad-number', `${setting.written} ${setting.value} is no time, as 30 or 1m30s`)
    return time
  }
  const port = destination.port ?? number('port', 1, 65535)
  const user = userOf(argv, first('user'))
  const host = first('hostname')?.value.replaceAll(
    /%(.)/g,
    (all, one) => ({ h: destination.host, '%': '%' })[one as 'h'] ?? all,
  )
  const forwards = settings.flatMap(setting => {
    const type = /^(local|remote|dynamic)forward$/.exec(setting.keyword)?.[1] as ForwardType | undefined
    if (!type) return []
    // In ssh_config two words, on the command line one.
    const words = splitWords(setting.value)
    const text = words.length === 2 ? words.join(':') : setting.value
    const read = readForward(type, text)
    if (!('at' in read)) return [{ ...read, ...whereOf(setting.place) }]
    const [start, length] = read.at
    say(within(setting.place, text, start, length), read.code, read.message, read.hint)
    return []
  })
  const bindMask = maskOf(first('streamlocalbindmask'), say)
  const jumps = jumpsOf(first('proxyjump'), first('proxycommand'), say)
  const alive = {
    interval: seconds('serveraliveinterval'),
    countMax: number('serveralivecountmax', 1, 2 ** 31),
  }
  const isNone = (keyword: string) => first(keyword)?.value.toLowerCase() === 'none'
  // ssh_config(5): with none ssh reads no file.
  const files = (keyword: string) =>
    settings.flatMap(one => (one.keyword === keyword && one.value.toLowerCase() !== 'none' ? [one.value] : []))
  const session = command.length > 0 || first('remotecommand') ? 'command' : isNone('sessiontype') ? 'none' : 'shell'
  if (problems.length > 0) return { found: null, problems }
  return {
    problems: [],
    found: {
      program: argv.program,
      destination: { written: destination.host, host: host ?? destination.host, user, port },
      jumps,
      forwards,
      keepAlive: alive,
      identityFiles: files('identityfile'),
      knownHosts: files('userknownhostsfile')[0]?.split(/\s+/)[0] ?? null,
      bindMask,
      isOpen: /^yes$/i.test(first('gatewayports')?.value ?? ''),
      session,
      isInBackground:
        /^yes$/i.test(first('forkafterauthentication')?.value ?? '') ||
        around.some(({ kind, written }) => kind === 'autossh' && written === '-f'),
      runBy: argv.runBy ?? runBy,
      options: [...tellAround(argv), ...settings.map(tell), ...tellCommand(argv)],
      place: whereOf(place),
    },
  }
}

function maskOf(setting: Setting | undefined, say: (at: Place, code: string, message: string) => void): string | null {
  if (!setting) return null
  if (/^0?[0-7]{3}$/.test(setting.value)) return setting.value
  say(setting.place, 'bad-number', `${setting.written} ${setting.value} is no mask in octal, as 0177`)
  return null
}

/** In seconds, as sshd_config(5) has it under TIME FORMATS. */
function readTime(text: string): number | null {
  if (!/^(\d+[smhdw])*\d+[smhdw]?$/i.test(text)) return null
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  const total = parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (units[unit] ?? 1), 0)
  return total < 2 ** 31 ? total : null
}

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 }

/** ssh takes the user that it meets first, on the line from left to right. */
function userOf({ destination, settings }: Argv, setting: Setting | undefined): string | null {
  if (!destination?.user) return setting?.value ?? null
  const isBefore = setting && settings.includes(setting) && setting.place.start < destination.place.start
  return isBefore ? setting.value : destination.user
}

function jumpsOf(
  jump: Setting | undefined,
  proxy: Setting | undefined,
  say: (at: Place, code: string, message: string, hint?: string) => void,
): Login[] {
  if (!jump) return jumpOfProxy(proxy?.value ?? '')
  if (jump.value.toLowerCase() === 'none') return []
  let at = 0
  return jump.value.split(',').flatMap(text => {
    const place = within(jump.place, jump.value, at, text.length)
    at += text.length + 1
    const login = readLogin(text.trim(), true)
    if (!login) say(place, 'bad-jump', `${text} is no jump host`, '[USER@]HOST[:PORT], several with commas between')
    return login ?? []
  })
}

/** The old way of a jump: `ssh -W %h:%p bastion`. */
function jumpOfProxy(command: string): Login[] {
  const words = command.trim().split(/\s+/)
  const at = words.findIndex(word => /^-\w*W$/.test(word))
  if (!/(^|\/)ssh$/.test(words[0] ?? '') || !/^\[?%h\]?:%p$/.test(words[at + 1] ?? '')) return []
  const others = words.filter((word, index) => index > 0 && index !== at && index !== at + 1 && word !== '-q')
  const login = others.length === 1 ? readLogin(others[0] ?? '') : null
  return login ? [login] : []
}

function tell({ keyword, value, written, place }: Setting): Told {
  const isJump = keyword === 'proxycommand' && jumpOfProxy(value).length > 0
  const meaning: Meaning = isJump ? { kind: 'kept', says: 'via' } : meaningOf(keyword, value)
  return { written, keyword, value: valueShown({ keyword, value }), ...meaning, ...whereOf(place) }
}

const tellAround = ({ around }: Argv): Told[] =>
  around.map(({ written, value, place, kind }) => {
    const meaning =
      kind === 'autossh'
        ? meaningAround(written)
        : kind === 'before'
          ? meaningBefore(written)
          : kind === 'beside'
            ? meaningBeside
            : ({ kind: 'unknown', says: 'not known here' } as const)
    return { written, keyword: '', value, ...meaning, ...whereOf(place) }
  })

function tellCommand({ command }: Argv): Told[] {
  const [word] = command
  if (!word) return []
  const says = 'a command on the server: a tunnel of ours runs none'
  return [{ written: 'command', keyword: '', value: hidden, kind: 'taken', says, ...whereOf(word.place) }]
}

export function whereOf(place: Place): Where {
  return { file: place.source.name, ...lineOf(place) }
}

/** The line that it comes to, short: what makes the tunnel, and nothing else but `options`. */
export function commandOfHand(
  { destination, jumps, forwards, isOpen }: ByHand,
  shown = forwards,
  options: readonly string[] = [],
): string {
  const { host, user, port } = destination
  return [
    'ssh -N',
    ...options,
    ...(isOpen ? ['-g'] : []),
    ...shown.map(forward => `${flagOfForward(forward)} ${quoteWord(writeForward(forward))}`),
    ...(jumps.length > 0 ? [`-J ${quoteWord(jumps.map(writeLogin).join(','))}`] : []),
    ...(port === null || port === 22 ? [] : [`-p ${port}`]),
    quoteWord(writeLogin({ host, user, port: null })),
  ].join(' ')
}
