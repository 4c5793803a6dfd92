// What of a line may be a secret, and is not shown: passwords, variables, and what is run elsewhere.
import { programOf } from './runners'
import type { Setting } from './setting'
import type { Word } from './shell-words'
import type { Place, Source } from './source'
import { readArgv } from './ssh-argv'

/** Keywords whose value is a command or a variable. */
const telling = /^(setenv|remotecommand|localcommand|knownhostscommand|proxycommand)$/

export const hidden = '***'

/** As others may read it: of a variable its name. */
export function valueShown({ keyword, value }: Pick<Setting, 'keyword' | 'value'>): string {
  if (!telling.test(keyword) || /^none$/i.test(value)) return value
  return keyword === 'setenv' ? value.replace(/=.*/s, `=${hidden}`) : hidden
}

/** What is put before a command, as `sshpass -p WORD` and `NAME=value`: which part of its words may be a secret. */
export function secretsBefore(words: readonly Word[]): Place[] {
  const password = words.findIndex(({ text }) => programOf(text) === 'sshpass')
  return words.flatMap(({ text, place }, at) => {
    if (password >= 0 && at > password) return [place]
    const name = /^(?:--[\w-]+|(?!AUTOSSH_)[A-Za-z_]\w*)=/.exec(text)?.[0]
    return name === undefined ? [] : [behind(place, name)]
  })
}

/** Behind the name, where that stands as it is read. */
function behind(place: Place, name: string): Place {
  const isLiteral = place.source.text.startsWith(name, place.start)
  return isLiteral ? { ...place, start: place.start + name.length } : place
}

/** In commands that were read from a text, whatever they run. */
export function secretsIn(commands: readonly (readonly Word[])[]): Place[] {
  return commands.flatMap(words => {
    const argv = readArgv(words)
    if (!argv) return secretsBefore(words)
    const program = words.findIndex(({ place }) => place === argv.place)
    const settings = argv.settings.filter(({ keyword }) => telling.test(keyword))
    return [
      ...secretsBefore(words.slice(0, Math.max(0, program))),
      ...settings.map(({ place }) => place),
      ...argv.command.map(({ place }) => place),
    ]
  })
}

/** The text without them; by default a star for each character, so that everything else stands where it stood. */
export function without({ text }: Source, secrets: readonly Place[], star?: string): string {
  const own = secrets.filter(({ source }) => source.text === text).sort((a, b) => b.start - a.start)
  return own.reduce((shown, { start, end }) => {
    const stars = star ?? shown.slice(start, end).replace(/\S/g, '*')
    return shown.slice(0, start) + stars + shown.slice(end)
  }, text)
}
