// Diagnostics: errors and warnings as Terraform shows them, with the place in the configuration.
import { plain } from '../../schemas/plain'
import type { Attribute, Type } from './schema'

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly summary: string
  readonly detail?: string
  /** Attribute names, list indexes and map keys, from the resource down. */
  readonly path?: readonly (string | number)[]
}

type Step = { attribute_name: string } | { element_key_string: string } | { element_key_int: number }

const SEVERITY = { error: 1, warning: 2 } as const

/** The messages Diagnostic. Terraform shows them as they are: what files and hosts have said must be text to a terminal. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[], attributes: readonly Attribute[]): object[] {
  return diagnostics.map(({ severity, summary, detail = '', path = [] }) => {
    const { steps } = describePath(path, attributes)
    const line = countPlace(steps)
    const rest = steps.length > line ? `At ${spell(steps)}.` : ''
    return {
      severity: SEVERITY[severity],
      summary: plain(summary),
      detail: plain([detail, rest].filter(text => text !== '').join('\n')),
      ...(line > 0 && { attribute: { steps: steps.slice(0, line) } }),
    }
  })
}

/**
 * How many steps lead Terraform to the right line: an attribute and one element of it. It looks for a deeper name among the
 * attributes of the whole resource and finds the wrong one, or none (seen with 1.11.4); so the detail says the rest.
 */
function countPlace(steps: readonly Step[]): number {
  const [, element] = steps
  return element && !('attribute_name' in element) ? 2 : Math.min(steps.length, 1)
}

function spell(steps: readonly Step[]): string {
  return steps
    .map((step, i) => {
      if ('attribute_name' in step) return i === 0 ? step.attribute_name : `.${step.attribute_name}`
      return 'element_key_int' in step ? `[${step.element_key_int}]` : `[${JSON.stringify(step.element_key_string)}]`
    })
    .join('')
}

/** The message AttributePath. What leads out of the schema is cut off: the nearest place is better than none. */
export function describePath(path: readonly (string | number)[], attributes: readonly Attribute[]): { steps: Step[] } {
  const steps: Step[] = []
  let at: Type | undefined = { object: attributes, nesting: 'single' }
  for (const key of path) {
    if (typeof at !== 'object') break
    if ('map' in at) {
      steps.push({ element_key_string: String(key) })
      at = at.map
    } else if ('list' in at || at.nesting === 'list') {
      const index = Number(key)
      if (!Number.isInteger(index)) break
      steps.push({ element_key_int: index })
      at = 'list' in at ? at.list : { object: at.object, nesting: 'single' }
    } else {
      const attribute: Attribute | undefined = at.object.find(a => a.name === key)
      if (!attribute) break
      steps.push({ attribute_name: attribute.name })
      at = attribute.type
    }
  }
  return { steps }
}

/** What a thrown error says: its own `diagnostics` when it brings an error, else its first line as summary and the rest as detail. */
export function explainError(error: unknown): readonly Diagnostic[] {
  const own = error instanceof Error && 'diagnostics' in error ? (error.diagnostics as readonly Diagnostic[]) : []
  // A throw must never read as a success.
  if (own.some(d => d.severity === 'error')) return own
  const [summary = '', ...rest] = (error instanceof Error ? error.message || error.name : String(error)).split('\n')
  return [...own, { severity: 'error', summary, detail: rest.join('\n').trimEnd() }]
}
