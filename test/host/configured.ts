// An environment in which ssh reads a configuration of the test's: it finds its own file by the user's entry in passwd, whatever HOME says.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `folder` gets a folder with it, which is HOME there. */
export function configured(folder: string, ...lines: readonly string[]): NodeJS.ProcessEnv {
  const home = mkdtempSync(join(folder, 'config-'))
  writeFileSync(join(home, 'config'), `${lines.join('\n')}\n`)
  writeFileSync(join(home, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${home}/config "$@"\n`, { mode: 0o755 })
  return { PATH: `${home}:${process.env.PATH}`, HOME: home }
}
