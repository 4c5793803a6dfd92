// `open` without -f: ssh runs as long as this command does.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Words } from '../command'
import { hearSsh } from '../hear-ssh'
import { hearSignals, stoppedCode } from '../stop'
import { readAsked } from './asked'
import { ended, sayEnded, tell } from './child'

/** Resolves to the exit status. */
export async function inForeground(words: Words): Promise<number> {
  const asked = await readAsked(words)
  if (!asked) return 1
  const folder = mkdtempSync(join(tmpdir(), 'ssh-tunnels-'))
  try {
    const toOpen = asked.prepare(folder, { isSilent: !process.stdin.isTTY, isVerbose: words.has('verbose') })
    const child = spawn('ssh', toOpen.argv, { stdio: ['inherit', 'ignore', 'pipe'] })
    const ear = hearSsh(toOpen.atServer, words.has('verbose'), line => process.stderr.write(`${line}\n`))
    let isTold = false
    child.stderr.setEncoding('utf8').on('data', chunk => {
      ear.hear(chunk)
      if (isTold || !ear.heard().isReady) return
      isTold = true
      tell(words, { name: null, pid: child.pid ?? null, toOpen, heard: ear.heard() })
    })
    let isAsked = false
    hearSignals(() => {
      isAsked = true
      child.kill('SIGTERM')
    })
    const code = await ended(child)
    if (isAsked) return stoppedCode
    sayEnded(words, toOpen, code, isTold)
    return 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
