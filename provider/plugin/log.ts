// Log lines that Terraform shows under TF_LOG: JSON on stderr, as go-hclog writes it.
import { plainJson } from '../../schemas/plain'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** Never pass a secret: TF_LOG output is often stored. */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  // Terraform throws them away unless one of these is set.
  if (!process.env.TF_LOG && !process.env.TF_LOG_PROVIDER) return
  process.stderr.write(`${formatLogLine(level, message, fields, new Date())}\n`)
}

export function formatLogLine(
  level: Level,
  message: string,
  fields: Readonly<Record<string, unknown>>,
  at: Date,
): string {
  // go-plugin recognises exactly six fractional digits; toISOString has three.
  const timestamp = at.toISOString().replace(/Z$/, '000Z')
  const line = { ...fields, '@level': level, '@message': message, '@timestamp': timestamp }
  return plainJson(line)
}
