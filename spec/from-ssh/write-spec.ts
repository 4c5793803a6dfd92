// A spec as YAML with comments: what people would write. Pure.
import type { SpecHost, SpecTunnel } from '../../schemas/types'

export interface DraftHost {
  readonly host: SpecHost
  /** Behind a key of it. */
  readonly notes: Readonly<Partial<Record<keyof SpecHost, string>>>
}

interface Written {
  readonly hosts: ReadonlyMap<string, DraftHost>
  readonly tunnels: ReadonlyMap<string, { readonly tunnel: SpecTunnel; readonly notes: readonly string[] }>
}

export function writeSpec({ hosts, tunnels }: Written): string {
  const lines = [
    'version: 1',
    'hosts:',
    ...[...hosts].flatMap(([name, { host, notes }]) => [
      `  ${scalar(name)}:`,
      ...Object.entries(host).map(([key, value]) => {
        const note = notes[key as keyof typeof notes]
        return `    ${key}: ${scalar(value)}${note ? `   # ${oneLine(note)}` : ''}`
      }),
    ]),
    'tunnels:',
    ...[...tunnels].flatMap(([name, { tunnel, notes }]) => [
      `  ${scalar(name)}:`,
      ...notes.map(note => `    # ${oneLine(note)}`),
      ...Object.entries(tunnel).map(([key, value]) => `    ${key}: ${scalar(value)}`),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

/** YAML takes JSON everywhere; what needs no quotes has none. */
function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${key}: ${scalar(inner)}`)
      .join(', ')} }`
  if (typeof value !== 'string') return JSON.stringify(value)
  const isPlain =
    /^[A-Za-z/~][\w./@+=-]*( [A-Za-z0-9+/=]+)?$/.test(value) ||
    /^[\w.-]+:\d+$/.test(value) ||
    /^\d+(\.\d+){3}$/.test(value)
  const isOther = /^(true|false|yes|no|on|off|null|~|y|n)$/i.test(value) || /^\d+:\d+$/.test(value)
  return isPlain && !isOther ? value : JSON.stringify(value)
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '\uFFFD')
