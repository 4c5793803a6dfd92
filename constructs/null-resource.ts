// The null engine: a null_resource for each tunnel and each middle, whose provisioners run the installed command.
import { join, relative, resolve } from 'node:path'
import {
  App,
  Fn,
  Lazy,
  type LocalExecProvisioner,
  Manifest,
  type TerraformMetaArguments,
  type TerraformProvider,
  type TerraformResource,
  TerraformSelf,
  TerraformStack,
} from 'cdktf'
import type { Construct } from 'constructs'
import { withoutLabels } from '../schemas/labels'
import type { Tunnel } from '../schemas/types'
import type { NullEngine } from './engine'
import { loadNullProvider } from './load-null-provider'
import { type Declared, triggersOf } from './null-triggers'
import { ownerOfStack } from './owner'
import { findPackage } from './provider-bundle'

export const MAIN = 'Default'
export const CHECK = 'Check'

interface Meta extends Pick<TerraformMetaArguments, 'dependsOn' | 'lifecycle'> {
  /** Whose somebody has said that it is. */
  readonly owner?: string
}

/**
 * Makes the resource that others wait for, called Default. With converge: always there is a second one, Check, of which
 * each deploy makes a new one, and which takes nothing down: a changed trigger of the first would.
 * @throws Error when @cdktf/provider-null is not installed
 */
export function makeNullResource(
  scope: Construct,
  declared: Declared,
  { converge }: NullEngine,
  { owner, ...meta }: Meta,
): TerraformResource {
  const { NullResource } = loadNullProvider()
  const provider = findProvider(scope)
  const own = TerraformSelf.getString('triggers.resource')
  // What is destroyed may have been made when nobody had named an owner yet.
  const ownerFor = (verb: 'apply' | 'destroy'): Readonly<Record<string, string>> =>
    owner === undefined || verb === 'destroy' ? { SSH_TUNNELS_OWNER: ownerOfStack(scope) } : {}
  const run = (verb: 'apply' | 'destroy', resource: string) => provision(scope, verb, resource, ownerFor(verb))
  const main = new NullResource(scope, MAIN, {
    ...meta,
    provider,
    triggers: triggersOf(asTriggering(declared)),
    provisioners: [run('apply', own), { ...run('destroy', own), when: 'destroy' }],
  })
  if (converge === 'always') {
    // Lazy: TunnelStack gives the first one its name later.
    const resource = Lazy.stringValue({ produce: () => main.getStringAttribute('triggers.resource') })
    const triggers = { checked: Fn.timestamp() }
    new NullResource(scope, CHECK, { provider, triggers, provisioners: [run('apply', resource)] })
  }
  return main
}

/** What it was made for has changed since, before synthesis. */
export function setDeclared(resource: TerraformResource, declared: Declared): void {
  const { NullResource } = loadNullProvider()
  if (resource instanceof NullResource) resource.triggers = triggersOf(asTriggering(declared))
}

/**
 * A trigger that means nothing would still replace: a null_resource remembers nothing of the hosts, so that everything is taken over, and
 * labels are of no host.
 */
function asTriggering({ type, input: { adopt: _, ...input } }: Declared): Declared {
  return { type, input: type === 'tunnel' ? withoutLabels(input as Tunnel) : input } as Declared
}

/** The values go by the environment: Terraform prints the command, and ps(1) shows it to everybody. */
function provision(
  scope: Construct,
  verb: 'apply' | 'destroy',
  resource: string,
  more: Readonly<Record<string, string>>,
): LocalExecProvisioner {
  // Terraform kills the shell at Ctrl-C (os/exec.CommandContext). `|| exit` keeps the shell from becoming node, which can then end in order.
  const command = `node ${quote(pathOfCommand(scope))} one ${verb} || exit`
  return { type: 'local-exec', command, environment: { SSH_TUNNELS_RESOURCE: resource, ...more } }
}

/**
 * From the stack's folder, in which Terraform runs: a plan that is made in one checkout can be applied in another, as long as
 * node_modules stands at the same place in it.
 */
function pathOfCommand(scope: Construct): string {
  const stack = join(App.of(scope).outdir, Manifest.stacksFolder, TerraformStack.of(scope).node.id)
  return relative(resolve(stack), join(findPackage(__dirname).folder, 'dist', 'ssh-tunnels.cjs'))
}

const quote = (path: string): string => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

/** The stack's own, with whatever version it has, or a new one. */
function findProvider(scope: Construct): TerraformProvider {
  const { NullProvider } = loadNullProvider()
  const stack = TerraformStack.of(scope)
  const isOurs = (node: TerraformProvider) =>
    node.terraformResourceType === NullProvider.tfResourceType && !node.alias && TerraformStack.of(node) === stack
  return stack.allProviders().find(isOurs) ?? new NullProvider(stack, 'provider null')
}
