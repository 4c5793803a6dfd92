// `close`: ends what `open -f` has left running, by its name.
import { setTimeout as sleep } from 'node:timers/promises'
import { plain, plainJson } from '../../schemas/plain'
import { suggest } from '../../spec/did-you-mean'
import type { Command } from '../command'
import { allOpened, forget, isAlive, isName, type Opened, recall } from '../open-state'
import { json } from '../options'
import { waitingFor } from '../progress'
import { renderTable } from '../render-results'
import { listenForStop } from '../stop'

export const close: Command = {
  name: 'close',
  takes: [{ name: 'NAME', optional: true, many: true }],
  says: 'ends what open -f has left running; without a name lists it',
  example: 'ssh-tunnels close 8080-middle',
  more: `Only the very process that open has started is ended: when its number belongs to another one by now, it is told as ended.
Exit status 1 where nothing of that name is open. What others have started is listed by ssh-tunnels list here.`,
  options: { json },
  async run(words) {
    const names = words.argumentsOf('NAME')
    const say = (document: object) => process.stdout.write(`${plainJson({ command: 'close', ...document }, 2)}\n`)
    if (names.length === 0) {
      const all = allOpened().map(one => ({ ...one, isOpen: isAlive(one) }))
      if (words.has('json')) say({ open: all.map(toJson), closed: [], errors: [] })
      else process.stdout.write(plain(renderOpened(all)))
      return 0
    }
    listenForStop().beginChanging('close ends what is still open')
    const results = await waitingFor(`waiting for ${names.join(', ')} to end`, () => Promise.all(names.map(end)))
    const errors = results.flatMap(({ name, error }) =>
      error ? [{ about: name, code: 'not-open', host: null, message: error }] : [],
    )
    if (words.has('json'))
      say({ open: [], closed: results.flatMap(({ name, error }) => (error ? [] : [name])), errors })
    else
      for (const { said, error } of results)
        (error ? process.stderr : process.stdout).write(plain(`${error ?? said}\n`))
    return errors.length > 0 ? 1 : 0
  },
}

/** Milliseconds until ssh has to have ended by itself. */
const patience = 5000

async function end(name: string): Promise<{ readonly name: string; readonly said?: string; readonly error?: string }> {
  const opened = isName(name) ? recall(name) : null
  if (!opened) {
    const names = allOpened().map(one => one.name)
    const hint = suggest(name, names) ?? `there is ${names.join(', ')}`
    return { name, error: `nothing is open as ${name}${names.length > 0 ? `; ${hint}` : ', nor under another name'}` }
  }
  if (!isAlive(opened)) {
    forget(name)
    return { name, error: `${name} has ended before (pid ${opened.pid})` }
  }
  process.kill(opened.pid, 'SIGTERM')
  for (const until = Date.now() + patience; isAlive(opened); await sleep(20)) {
    if (Date.now() > until) {
      process.kill(opened.pid, 'SIGKILL')
      break
    }
  }
  forget(name)
  return { name, said: `${name} is closed (pid ${opened.pid})` }
}

type Listed = Opened & { readonly isOpen: boolean }

const toJson = ({ name, pid, command, listens, since, isOpen }: Listed) => ({
  name,
  pid,
  ssh: command,
  listens,
  since,
  isOpen,
})

function renderOpened(all: readonly Listed[]): string {
  if (all.length === 0) return 'nothing is open\n'
  const rows = all.map(({ name, pid, isOpen, listens, since, command }) => [
    name,
    String(pid),
    isOpen ? 'open' : 'ended',
    listens.join(' ') || '-',
    since.replace(/\.\d+Z$/, 'Z'),
    command,
  ])
  return renderTable([['NAME', 'PID', 'STATE', 'LISTENS ON', 'SINCE', 'SSH'], ...rows])
}
