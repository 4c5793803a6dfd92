// Faults and warnings of the engine as Terraform's diagnostics.
import type { Diagnostic } from './plugin'

/** What a host has said may hold anything; a terminal must not obey it. */
export const plain = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '?')

export function splitMessage(text: string): { summary: string; detail: string } {
  const [summary = '', ...rest] = plain(text).split('\n')
  return { summary, detail: rest.join('\n') }
}

export const asDiagnostic = (severity: Diagnostic['severity'], why: unknown): Diagnostic => ({
  severity,
  ...splitMessage(why instanceof Error ? why.message : String(why)),
})
