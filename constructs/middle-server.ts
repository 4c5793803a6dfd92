// L2: a middle server: a host that may have sshd and firewall settings of its own, for everybody and not for one tunnel.
import { type TerraformMetaArguments, type TerraformResource, Token } from 'cdktf'
import { Construct } from 'constructs'
import { asLines, type OwnSetting } from '../schemas/sshd-settings'
import type { Middle, Host as NamedHost, OpenPort } from '../schemas/types'
import { Engine } from './engine'
import { type Host, legalName } from './host'
import { isMiddleServer, markMiddleServer, nameHost } from './name-host'
import { makeNullResource } from './null-resource'
import { ownerInResource } from './owner'
import { SshtunnelMiddle } from './sshtunnel-resources'
import { joinHost, joinMiddle } from './together'
import { validateWith } from './validate'

/** sshd_config(5) for everybody who logs in to the middle. A tunnel needs none of it: it sets its own account's. */
export interface SshdSettings extends Readonly<Pick<Middle, OwnSetting>> {
  /**
   * Users whom sshd lets in although its AllowUsers does not name them: USER or USER@ADDRESS, where USER may be a pattern with * and ?, and
   * ADDRESS a network. Nobody is kept out by it.
   */
  readonly allowUsers?: readonly string[]
  /**
   * Any other keyword of sshd_config(5), such as Banner: its value as it stands there, or a list of values that are a line each. A keyword that
   * has a setting here, or is not the host's to share (Match, Include, Port, ListenAddress, AddressFamily, HostKey), is a mistake.
   */
  readonly extra?: Readonly<Record<string, string | number | readonly (string | number)[]>>
}

export interface FirewallSettings {
  /** Further TCP ports that the firewall lets in, beside those of the tunnels. */
  readonly openPorts?: readonly Readonly<OpenPort>[]
}

export interface MiddleServerProps extends Host, Pick<TerraformMetaArguments, 'dependsOn' | 'lifecycle'> {
  readonly sshd?: SshdSettings
  readonly firewall?: FirewallSettings
  /** Whose settings these are, marked on the host. Default: the stack's id and its project. */
  readonly owner?: string
  /** Whether a create takes over settings of the same owner that stand there and differ. Default false: then it is refused. */
  readonly adopt?: boolean
}

/** Usable wherever a Host is. A tunnel of its machine waits for its settings. */
export class MiddleServer extends Construct {
  readonly host: NamedHost
  /** Undefined where neither sshd nor firewall is given: then there is nothing to set. */
  readonly resource: TerraformResource | undefined

  /** @throws Error when the Terraform provider is needed and not built, and when something else is named as a jump host */
  constructor(scope: Construct, id: string, props: MiddleServerProps) {
    super(scope, id)
    markMiddleServer(this)
    const { sshd, firewall, owner, adopt: asked, dependsOn, lifecycle, ...host } = props
    // The new one is made over the old one, and Terraform tells the provider of a new one alone.
    const adopt = asked ?? (lifecycle?.createBeforeDestroy ? true : undefined)
    this.host = nameHost({ ...host, name: host.name ?? legalName(id) }, { construct: this, path: '' }, id)
    joinHost(this, this.host)
    if (!sshd && !firewall) return
    const engine = Engine.of(this)
    const whose = owner ?? ownerInResource(this, engine)
    const middle: Middle = {
      name: this.host.name,
      ...(whose && { owner: whose }),
      ...(adopt !== undefined && { adopt }),
      host: this.host,
      ...settingsOf(sshd),
      ...(firewall?.openPorts && { openPorts: [...firewall.openPorts] }),
    }
    const meta = { dependsOn, lifecycle }
    this.resource =
      engine.kind === 'null'
        ? makeNullResource(this, { type: 'middle', input: middle }, engine, { ...meta, owner })
        : new SshtunnelMiddle(this, 'Default', { middle, ...meta })
    joinMiddle({ construct: this, declared: middle, resource: this.resource })
    validateWith(this, { type: 'middle', input: middle })
  }

  static isMiddleServer(value: unknown): value is MiddleServer {
    return isMiddleServer(value)
  }
}

const settingsOf = ({ allowUsers, extra, ...plain }: SshdSettings = {}): Partial<Middle> => ({
  ...plain,
  ...(allowUsers && { allowUsers: [...allowUsers] }),
  ...(extra && { extra: asLines(mapValues(extra)) }),
})

type Extra = NonNullable<SshdSettings['extra']>

/** A number that is not known yet is text as every token. */
const mapValues = (extra: Extra): Extra => {
  const asText = (value: string | number) => (Token.isUnresolved(value) ? Token.asString(value) : value)
  const all = Object.entries(extra).map(([keyword, value]) => [
    keyword,
    typeof value === 'object' && !Token.isUnresolved(value)
      ? value.map(asText)
      : typeof value === 'object'
        ? value
        : asText(value),
  ])
  return Object.fromEntries(all)
}
