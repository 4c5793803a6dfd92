// States that older versions of the provider have written, as today's schema has them.

/** The version of both resources' schemas. */
export const schemaVersion = 2

type State = { readonly [name: string]: unknown }

/** What each version changed. */
const steps: readonly ((state: State) => State)[] = [
  // 0 to 1: a service says what supervises it; there was systemd alone.
  ({ service, ...state }) => ({
    ...state,
    ...(service === undefined ? {} : { service: service === null ? null : { supervisor: 'systemd', ...service } }),
  }),
  // 1 to 2: a firewall says who makes its rules; it was nftables, or nobody, and the next read tells.
  ({ firewall, ...state }) => ({
    ...state,
    ...(firewall === undefined ? {} : { firewall: firewall === null ? null : { manager: 'nftables', ...firewall } }),
  }),
]

export const upgradeState = (state: State, version: number): State =>
  steps.slice(version).reduce((upgraded, step) => step(upgraded), state)
