// What can be wrong with labels although each is one: two that are one in metrics, or labels of a forward that is no tunnel. Pure.
import { type Finding, under } from './finding'
import { metricLabel } from './labels'
import type { Tunnel } from './types'

export function checkLabels({ labels, forwards = [], shared }: Tunnel): Finding[] {
  return [
    ...under(['labels'], checkApart(labels)),
    ...forwards.flatMap((forward, index): Finding[] => {
      if (forward.labels === undefined) return []
      const path = ['forwards', index, 'labels']
      if (shared) return under(path, checkApart(forward.labels))
      const message = "labels are a tunnel's, and this is one of its forwards"
      return [{ path, code: 'forward-labels', message, hint: 'write them beside forwards' }]
    }),
  ]
}

/** Prometheus takes no sample with two labels of one name. */
function checkApart(labels: Tunnel['labels'] = {}): Finding[] {
  const first = new Map<string, string>()
  return Object.keys(labels).flatMap((name): Finding[] => {
    const shown = metricLabel(name)
    const other = first.get(shown)
    if (other === undefined) {
      first.set(shown, name)
      return []
    }
    const message = `${other} and ${name} are both ${shown} in metrics`
    return [{ path: [name], code: 'same-label', message, hint: 'call one of them something else' }]
  })
}
