// From specs to cdktf.out: a stack for each.
import { App } from 'cdktf'
import type { Resolved } from '../spec'
import { TunnelStack } from './tunnel-stack'

/**
 * Writes cdktf.out (or where cdktf-cli says) with one stack for each spec, called by its key.
 * @throws Error when a construct is wrong or the Terraform provider is not built
 */
export function synth(specs: ReadonlyMap<string, Resolved>): void {
  const app = new App()
  for (const [name, spec] of specs) new TunnelStack(app, name, { spec })
  app.synth()
}
