// Faults and warnings of the engine as Terraform's diagnostics.
import type { Diagnostic } from './plugin'

export function splitMessage(text: string): { summary: string; detail: string } {
  const [summary = '', ...rest] = text.split('\n')
  return { summary, detail: rest.join('\n') }
}

export const asDiagnostic = (severity: Diagnostic['severity'], why: unknown): Diagnostic => ({
  severity,
  ...splitMessage(why instanceof Error ? why.message : String(why)),
})
