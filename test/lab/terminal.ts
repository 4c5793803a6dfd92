// A real terminal in a lab's controller: tmux, whose screen is read as a person would see it.
import type { Lab } from '../../lab'
import { waitFor } from '../../lab/command'
import type { CommandLine } from './command-line'
import { program } from './command-line'

export interface Terminal {
  /** As typed: `\n` is Enter. */
  type(text: string): Promise<void>
  /** Waits until the screen shows it; colours too, as escape sequences. @throws Error with what it shows instead */
  see(what: RegExp, how?: 'coloured'): Promise<string>
  end(): Promise<void>
}

/** A shell in which `tunnels` is the command, which says its exit status, and `status` is the command's; without colours. */
export async function makeTerminal(
  lab: Lab,
  { folder }: CommandLine,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Promise<Terminal> {
  const tmux = async (...words: string[]) => {
    const env = { HOME: folder, TMUX: undefined, TERM: 'xterm-256color', LANG: 'C.UTF-8' }
    const { code, stdout, stderr } = await lab.run('controller', ['tmux', '-S', `${folder}/tmux`, ...words], {
      cwd: folder,
      env,
    })
    if (code !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr}`)
    return stdout
  }
  const shell = `tunnels() { node ${program} "$@"; echo "exit $?"; }; status() { tunnels status "$@"; }; PS1='$ '; export NO_COLOR=1`
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh')
  const type = async (text: string) => {
    await tmux('send-keys', '-l', '--', text)
  }
  let screen = ''
  const see: Terminal['see'] = (what, how) =>
    waitFor(`the terminal to show ${what}`, async () => {
      screen = (await tmux('capture-pane', '-p', ...(how ? ['-e'] : []))).replace(/ +$/gm, '')
      return what.test(screen) ? screen : undefined
    }).catch(why => {
      throw new Error(`${why.message}; it shows:\n${screen}`)
    })
  await type(`${shell}; clear\n`)
  await see(/^\$\n*$/)
  return {
    type,
    see,
    end: async () => {
      await tmux('kill-server').catch(() => {})
    },
  }
}
