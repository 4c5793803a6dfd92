// The tunnels as one JSON document: cli/json/status.schema.json says what stands in it.
import type { TunnelStatus } from '../../engine'
import { plainJson } from '../../schemas/plain'

export function renderStatusJson(spec: string, all: readonly TunnelStatus[]): string {
  const tunnels = all.map(({ since, watch, lastError, ...one }) => ({
    ...one,
    since: since === null ? null : asTime(since),
    watch: watch && {
      host: watch.host,
      doubt: watch.doubt,
      checked: watch.checked === null ? null : asTime(watch.checked),
      unproven: watch.unproven.map(({ from, to, ...rest }) => ({
        from: asTime(from),
        to: to === null ? null : asTime(to),
        ...rest,
      })),
    },
    lastError: lastError && { text: lastError.text, at: asTime(lastError.at) },
  }))
  return `${plainJson({ command: 'status', spec, tunnels, errors: [] }, 2)}\n`
}

const asTime = (ms: number): string => new Date(ms).toISOString()
