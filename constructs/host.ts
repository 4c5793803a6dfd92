// A host as a plain value: a machine that we log in to, or this machine. Its name may be left out.
import type { IConstruct } from 'constructs'
import type { Host as NamedHost } from '../schemas/types'

export { legalName } from '../schemas/legal-name'

/** schemas/host.schema.json, where names are optional and everything is read-only. */
export interface Host extends Readonly<Omit<NamedHost, 'name' | 'via'>> {
  /** What messages and plans call the host. Default: its address, or local. */
  readonly name?: string
  /** Jump hosts on the way, in order, the nearest first (as ProxyJump). Each brings along the way to itself; at most 16 in all. */
  readonly via?: readonly (Host | HostConstruct)[]
}

/** A construct that stands for its host wherever one is named: a MiddleServer. */
export interface HostConstruct extends IConstruct {
  readonly host: NamedHost
}

export type LocalHostProps = Omit<
  Host,
  'local' | 'user' | 'identityFile' | 'certificateFile' | 'proxyCommand' | 'sshConfig' | 'via'
>
export type TheirHostProps = Pick<
  Host,
  'name' | 'address' | 'addresses' | 'port' | 'user' | 'hostKey' | 'knownHosts' | 'identityFile' | 'publicKey'
>
export type RemoteHostProps = Omit<Host, 'local'> & { readonly address: string }

interface Hosts {
  /** The machine on which Terraform runs; no SSH is used to reach it. */
  local(props?: LocalHostProps): Host
  /** A machine that is reached over SSH at props.address. */
  at(props: RemoteHostProps): Host
  /** A machine that others run, to which nobody logs in: its owner does his part of a tunnel. */
  theirs(props: TheirHostProps): Host
}

/** A function only for those who write `new Host(...)` where no compiler stops them. */
export const Host: Hosts = Object.assign(
  function Host(): never {
    throw new Error('a host is a plain value: write Host.at({ address: ... }) or Host.local(), without new')
  },
  {
    local: (props: LocalHostProps = {}): Host => ({ ...props, local: true }),
    at: (props: RemoteHostProps): Host => props,
    theirs: (props: TheirHostProps): Host => ({ ...props, managed: false }),
  },
)
