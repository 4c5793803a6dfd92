// A host as a plain value: a machine that we log in to, or this machine. Its name may be left out.
import { Token } from 'cdktf'
import type { Host as NamedHost, Jump as NamedJump } from '../schemas/types'

export { legalName } from '../schemas/legal-name'

/** schemas/host.schema.json, where names are optional and everything is read-only. */
export interface Host extends Readonly<Omit<NamedHost, 'name' | 'via'>> {
  /** What messages and plans call the host. Default: its address, or local. */
  readonly name?: string
  readonly via?: readonly Jump[]
}

export interface Jump extends Readonly<Omit<NamedJump, 'name'>> {
  /** What messages and plans call the jump host. Default: its address. */
  readonly name?: string
}

export type LocalHostProps = Omit<Host, 'local' | 'user' | 'identityFile' | 'via'>
export type RemoteHostProps = Omit<Host, 'local'> & { readonly address: string }

export const Host = {
  /** The machine on which Terraform runs; no SSH is used to reach it. */
  local: (props: LocalHostProps = {}): Host => ({ ...props, local: true }),
  /** A machine that is reached over SSH at props.address. */
  at: (props: RemoteHostProps): Host => props,
}

/**
 * The host with all its names, as the schemas want it. Where no name is given it is the address; an address that is a
 * token, or IPv6, cannot be a name: then it is `fallback`.
 */
export function nameHost(host: Host, fallback: string): NamedHost {
  const { name, via, addresses, ...rest } = host
  return {
    name: name ?? (host.local ? 'local' : nameFrom(host.address, fallback)),
    ...rest,
    ...(addresses && { addresses: [...addresses] }),
    ...(via && {
      via: via.map((jump, index) => ({ ...jump, name: jump.name ?? nameFrom(jump.address, `jump-${index + 1}`) })),
    }),
  }
}

function nameFrom(address: string | undefined, fallback: string): string {
  const isName = address && !Token.isUnresolved(address) && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(address)
  return isName ? address : fallback
}
