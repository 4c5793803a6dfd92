// Runs remote/ for real, as root, in a private root: see private-root.sh. Everything ends with the namespaces.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { scripts } from '../../engine/remote/texts'
import { baseTree } from '../../lab/base-tree'

/** The shells that a host's sh may be. */
export const shells = ['dash', 'busybox sh'] as const
export type Shell = (typeof shells)[number]

/**
 * Enters the lab's base tree, in namespaces of its own, so that this machine needs none of its programs: TREE FOLDER.
 * What is written there goes to a tmpfs over it; FOLDER, with the scripts, keeps its path.
 */
const enter = `set -e
mount -t tmpfs test "$2/disk"
mkdir "$2/disk/upper" "$2/disk/work" "$2/disk/root"
root=$2/disk/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/disk/upper,workdir=$2/disk/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root$2"
mount --bind "$2" "$root$2"
exec chroot "$root" sh "$2/test.sh"
`

let tree = ''

/** Before all tests of a file: builds the tree where there is none yet. */
export async function prepareRoot(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('these tests make a private root: run them as root')
  tree = await baseTree(line => console.error(line))
}

export interface Ended {
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a shell script in a private root, with the functions of private-root.sh; `files` of this machine stand in `$scripts` there. Throws when
 * the script itself fails.
 */
export function inPrivateRoot(under: Shell, script: string, files: readonly string[] = []): Ended {
  const folder = mkdtempSync(join(tmpdir(), 'private-root-'))
  try {
    for (const { name, text } of Object.values(scripts)) writeFileSync(join(folder, `${name}.sh`), text)
    for (const file of files) copyFileSync(file, join(folder, basename(file)))
    mkdirSync(join(folder, 'disk'))
    copyFileSync(join(__dirname, 'private-root.sh'), join(folder, 'private-root.sh'))
    const text = `scripts=${folder}\nunder='${under}'\n. ${folder}/private-root.sh\n${script}`
    writeFileSync(join(folder, 'test.sh'), text)
    const spaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--net', '--kill-child']
    const words = [...spaces, 'sh', '-c', enter, 'enter', tree, folder]
    const ran = spawnSync('unshare', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    if (ran.status !== 0) throw new Error(`the private root ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`)
    return { stdout: ran.stdout, stderr: ran.stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A shell command that runs these steps as one batch, and then prints `exit CODE`. */
export const batch = (...steps: readonly (readonly string[])[]): string => give('batch', steps)

/** The same for these requests of a look. */
export const look = (...requests: readonly (readonly string[])[]): string => give('look', requests)

function give(script: string, lines: readonly (readonly string[])[]): string {
  const text = [...lines, ['end']].map(fields => `${fields.join('\x1f')}\n`).join('')
  return `base64 -d <<'END' | run_script ${script}\n${base64(text)}\nEND\n`
}

/** Writes a file in the private root. */
export const write = (path: string, text: string): string =>
  `mkdir -p ${path.replace(/\/[^/]*$/, '')}\nprintf %s '${base64(text)}' | base64 -d >${path}\n`

/** The lines that a script printed. */
export const linesOf = ({ stdout }: Ended): string[] => stdout.split('\n').filter(Boolean)

/** What a checker said of steps, by their number. */
export const readRefused = (ended: Ended): Record<string, string> =>
  Object.fromEntries(
    linesOf(ended)
      .map(line => line.split('\x1f'))
      .filter(([kind]) => kind === 'refused')
      .map(([, step = '', words = '']) => [step, Buffer.from(words, 'base64').toString()]),
  )

export const checkShell = (file: string): string => execFileSync('shellcheck', ['-s', 'sh', file], { encoding: 'utf8' })
