// What users import: tunnels, hosts and middle servers as CDK for Terraform constructs, with or without a YAML spec.
export { Engine, type NullEngine, useEngine } from './engine'
export { Host, type LocalHostProps, type RemoteHostProps, type TheirHostProps } from './host'
export { type FirewallSettings, MiddleServer, type MiddleServerProps, type SshdSettings } from './middle-server'
export { SshtunnelProvider, type SshtunnelProviderConfig } from './sshtunnel-provider'
export {
  SshtunnelMiddle,
  type SshtunnelMiddleConfig,
  SshtunnelTunnel,
  type SshtunnelTunnelConfig,
} from './sshtunnel-resources'
export { synth } from './synth'
export { Tunnel, type TunnelProps } from './tunnel'
export { TunnelStack, type TunnelStackProps } from './tunnel-stack'
