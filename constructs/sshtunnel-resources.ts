// L1: sshtunnel_tunnel and sshtunnel_middle, thin: what goes in is the JSON Schema's object plus Terraform's meta-arguments.
import { type TerraformMetaArguments, TerraformResource } from 'cdktf'
import type { Construct } from 'constructs'
import type { Middle, Tunnel } from '../schemas/types'
import { SshtunnelProvider } from './sshtunnel-provider'
import { toTerraform } from './terraform-names'

export interface SshtunnelTunnelConfig extends TerraformMetaArguments {
  /** As in schemas/tunnel.schema.json; a token may stand wherever a string stands. */
  readonly tunnel: Tunnel
}

export class SshtunnelTunnel extends TerraformResource {
  static readonly tfResourceType = 'sshtunnel_tunnel'
  /** Until synthesis. */
  tunnel: Tunnel

  constructor(scope: Construct, id: string, { tunnel, ...meta }: SshtunnelTunnelConfig) {
    super(scope, id, describe(scope, SshtunnelTunnel.tfResourceType, meta))
    this.tunnel = tunnel
  }

  protected override synthesizeAttributes(): Attributes {
    return toTerraform(this.tunnel) as Attributes
  }

  protected override synthesizeHclAttributes(): Attributes {
    return toHcl(this.synthesizeAttributes())
  }
}

export interface SshtunnelMiddleConfig extends TerraformMetaArguments {
  /** As in schemas/middle.schema.json; a token may stand wherever a string stands. */
  readonly middle: Middle
}

export class SshtunnelMiddle extends TerraformResource {
  static readonly tfResourceType = 'sshtunnel_middle'
  readonly middle: Middle

  constructor(scope: Construct, id: string, { middle, ...meta }: SshtunnelMiddleConfig) {
    super(scope, id, describe(scope, SshtunnelMiddle.tfResourceType, meta))
    this.middle = middle
  }

  protected override synthesizeAttributes(): Attributes {
    return toTerraform(this.middle) as Attributes
  }

  protected override synthesizeHclAttributes(): Attributes {
    return toHcl(this.synthesizeAttributes())
  }
}

interface Attributes {
  [name: string]: unknown
}

function describe(scope: Construct, terraformResourceType: string, meta: TerraformMetaArguments) {
  const { terraformGeneratorMetadata } = meta.provider ?? SshtunnelProvider.of(scope)
  return { ...meta, terraformResourceType, terraformGeneratorMetadata }
}

/** For SYNTH_HCL_OUTPUT: each input is an attribute, objects too (client = {...}), never a block; only "simple" quotes. */
function toHcl(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const isString = typeof value === 'string'
      const types = isString ? { type: 'simple', storageClassType: 'string' } : { type: 'any', storageClassType: 'any' }
      return [name, { value, isBlock: false, ...types }]
    }),
  )
}
