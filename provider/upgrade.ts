// States that older versions of the provider have written, as today's schema has them.

/** The version of both resources' schemas. */
export const schemaVersion = 1

type State = { readonly [name: string]: unknown }

/** What each version changed. */
const steps: readonly ((state: State) => State)[] = [
  // 0 to 1: a service says what supervises it; there was systemd alone.
  ({ service, ...state }) => ({
    ...state,
    ...(service === undefined ? {} : { service: service === null ? null : { supervisor: 'systemd', ...service } }),
  }),
]

export const upgradeState = (state: State, version: number): State =>
  steps.slice(version).reduce((upgraded, step) => step(upgraded), state)
