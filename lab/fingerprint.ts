// A host's fingerprint: one text with all that a tunnel might leave behind, to show that destroy leaves a host as it was.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabHost } from './host'
import type { AnyHost } from './topology'

const script = join(__dirname, 'fingerprint.sh')

/** Where files count: settings, people's homes with their .ssh, hand-made programs, and jobs. */
export const fingerprintFolders = ['/etc', '/home', '/root', '/usr/local', '/var/spool'] as const

/** Lines that do not count, each with the reason. */
export const volatileLines: readonly RegExp[] = [
  // A login session that is open just now.
  /^\/run\/systemd\/transient\/session-\w+\.scope /,
]

export async function fingerprint(host: LabHost<AnyHost>): Promise<string> {
  const { code, stdout, stderr } = await host.exec(
    `set -- ${fingerprintFolders.join(' ')}\n${readFileSync(script, 'utf8')}`,
  )
  if (code !== 0 || stderr !== '') throw new Error(`no fingerprint of ${host.name} (exit status ${code}): ${stderr}`)
  return stdout
    .split('\n')
    .filter(line => !volatileLines.some(pattern => pattern.test(line)))
    .join('\n')
}
