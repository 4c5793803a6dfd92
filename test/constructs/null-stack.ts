// A spec for the null engine, and what a stack of it looks like.
import { type Engine, Host, TunnelStack } from '../../constructs'
import { parseSpec } from '../../spec'
import { readStack, type Synthesized, synthesizeApp } from './synthesize'

export interface NullResource {
  readonly triggers: Readonly<Record<string, string>>
  readonly depends_on?: readonly string[]
  readonly provisioner: readonly {
    readonly 'local-exec': {
      readonly command: string
      readonly when?: string
      readonly environment: Readonly<Record<string, string>>
    }
  }[]
}

/** Our own provider's program is not there: nothing may ask for it. */
export const nowhere = '/nowhere/provider.cjs'

export const synthesizeIn = (outdir: string): Synthesized => readStack(outdir, 'office')
export const build = (engine: Engine | undefined, fill: (stack: TunnelStack) => void): Synthesized =>
  synthesizeIn(synthesizeApp(app => fill(new TunnelStack(app, 'office', { engine })), nowhere))
export const nullResources = (stack: Synthesized) =>
  (stack.resource.null_resource ?? {}) as unknown as Record<string, NullResource>

export const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL'
export const yaml = `
version: 1
engine: null
hosts:
  near: { local: true }
  web:
    address: 203.0.113.20
    hostKey: ${hostKey}
    identityFile: ~/.ssh/id_ed25519
    via: [bastion]
    sshd: { clientAliveInterval: 30 }
    firewall: { openPorts: [{ port: 443 }, { port: 80, from: [192.0.2.0/24, 198.51.100.7] }] }
  bastion: { address: bastion.example, user: jump, port: 2222 }
tunnels:
  web:
    client: near
    server: web
    forward: remote
    listen: "203.0.113.20:8080"
    far: "localhost:80"
    allowFrom: [198.51.100.0/24, 192.0.2.7]
    serverAlive: { interval: 15 }
    probe: http
  9-nas: { client: web, forward: local, listen: "203.0.113.20:8022", far: "nas:22" }
`

export function fromYaml(text: string): Synthesized {
  const { spec, problems } = parseSpec(text, 'office.yaml')
  if (!spec) throw new Error(JSON.stringify(problems))
  return synthesizeIn(synthesizeApp(app => new TunnelStack(app, 'office', { spec }), nowhere))
}

const middle = Host.at({ name: 'middle', address: '203.0.113.20' })
export const nas = { client: middle, forward: 'local', listen: '203.0.113.20:8022', far: 'nas:22' } as const
