// `make docs`: docs/index.md and docs/resources/, in the form of the Terraform registry, from the provider's schemas and the HCL
// examples; docs/faults.md; of the command its page, its manual page and what --json prints; and a picture of the examples.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commands } from '../cli/commands'
import { drawSvg } from '../cli/diagram/svg'
import { exitCodes } from '../cli/exit-codes'
import { requiredProviders } from '../cli/install-provider'
import { routeOf } from '../engine'
import { faultCodes } from '../engine/fault'
import { provider } from '../provider/main'
import { singlesOf } from '../schemas/forward'
import { readSpec } from '../spec'
import { formatCommands } from './format-commands'
import { formatJson } from './format-json'
import { formatMan } from './format-man'
import { formatSchema } from './format-schema'

const root = join(__dirname, '..')
const examples = join(root, 'examples/terraform')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Text by path in the repository. */
export function makePages(): ReadonlyMap<string, string> {
  const types = Object.keys(provider.resources)
  return new Map([
    ['docs/index.md', makeIndex(types)],
    ...types.map(type => [`docs/resources/${shortName(type)}.md`, makeResource(type)] as const),
    ['docs/faults.md', makeFaults()],
    ['docs/command.md', formatCommands(commands)],
    ['docs/json.md', formatJson(readSchemas(), exitCodes)],
    ['docs/ssh-tunnels.1', formatMan(commands, version)],
    ['docs/tunnels.svg', drawExamples()],
  ])
}

const readSchemas = () => {
  const folder = join(root, 'cli/json')
  return readdirSync(folder)
    .sort()
    .map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** The kinds of a tunnel, as examples/ has them, in one picture. */
function drawExamples(): string {
  const files = [
    'published-web.yaml',
    'tutorial.yaml',
    'end-to-end.yaml',
    'database.yaml',
    'proxy.yaml',
    'office.yaml',
    'sockets.yaml',
  ]
  const routes = files.flatMap(file =>
    readSpec(join(root, 'examples', file))
      .tunnels.flatMap(singlesOf)
      .map(routeOf),
  )
  return drawSvg(routes, 'The tunnels of examples/')
}

function makeFaults(): string {
  const rows = Object.entries(faultCodes).map(([code, { says, cure }]) => `| \`${code}\` | ${says} | ${cure} |`)
  return `# Faults

What can fail on a host, by the code that \`--json\` shows. An error itself says more: which host, what was seen there, and what to do about it.

| code | what it means | what to do |
|---|---|---|
${rows.join('\n')}
`
}

function makeResource(type: string): string {
  const { schema } = provider.resources[type] ?? {}
  if (!schema) throw new Error(`no resource ${type}`)
  return page(
    `${type} Resource - sshtunnel`,
    schema.description ?? '',
    `# ${type} (Resource)

${schema.description ?? ''}

## Example Usage

${hcl(exampleOf(type))}

${formatSchema(schema)}

## Import

${hcl(readFileSync(join(examples, 'import', `${shortName(type)}.tf`), 'utf8'))}

An \`id\` that is not a literal needs Terraform >= 1.6 or OpenTofu. The plan shows what differs; \`ssh-tunnels import-blocks SPEC\` prints such blocks for a whole spec.
`,
  )
}

function makeIndex(types: readonly string[]): string {
  const description =
    'SSH tunnels that publish a private service through a relay, with the sshd and firewall settings they need.'
  return page(
    'sshtunnel Provider',
    description,
    `# sshtunnel Provider

${description} A tunnel is one resource although it touches two hosts; the plan shows everything that will stand on them.

${types.map(type => `- [${type}](resources/${shortName(type)}.md)`).join('\n')}

## Installation

The provider comes with the npm package and is in no registry; it needs Node >= 20 where Terraform or OpenTofu runs.

\`\`\`shell
npx ssh-tunnels install-provider              # for all configurations of this user
npx ssh-tunnels install-provider --dir FOLDER # for the configuration in FOLDER
terraform init
\`\`\`

Terraform and OpenTofu find it there without any settings. A \`provider_installation\` block in your CLI configuration turns that search off: add a
\`filesystem_mirror\` with the path \`~/.terraform.d/plugins\` to it. CDK for Terraform needs none of this: the constructs bring the provider along.

When the package has been updated and its version has not, \`init\` says that the provider does not match its checksums: remove its block
from \`.terraform.lock.hcl\` and run \`init\` again.

## Example Usage

${hcl(readFileSync(join(examples, 'main.tf'), 'utf8'))}

## Logins of today

Each resource says how its hosts are reached, and a state remembers how they were reached when it was written. Terraform refreshes and destroys by the
state. So that a rotated key, another user, port, host key or jump host does not strand it, the provider block may say how hosts are reached today; CDK for Terraform fills it in by itself.

${hcl(`provider "sshtunnel" {\n  logins = [local.middle]\n}`)}

A host counts as the same one when its address is, and its port or its host key. A host that cannot be read is a warning, and its
resources are planned as not known; an apply then tries again.

${hcl(requiredProviders(version))}

${formatSchema(provider.schema ?? { version: 0, attributes: [] })}
`,
  )
}

const shortName = (type: string): string => type.replace('sshtunnel_', '')
const hcl = (text: string): string => `\`\`\`terraform\n${text.trim()}\n\`\`\``

/** The resource's block in the example, without the comment above it. */
function exampleOf(type: string): string {
  const text = readFileSync(join(examples, 'main.tf'), 'utf8')
  const found = new RegExp(`^resource "${type}" [\\s\\S]*?^}`, 'm').exec(text)
  if (!found) throw new Error(`examples/terraform/main.tf has no ${type}`)
  return found[0]
}

function page(title: string, description: string, body: string): string {
  return `---
page_title: "${title}"
description: |-
  ${description}
---

<!-- Made by docs/generate.ts from the schemas. Do not edit. -->

${body}`
}

if (require.main === module) {
  for (const [path, text] of makePages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
