// The null engine in the real Terraform, with values that another resource knows only after its apply.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, DataResource, LocalBackend, TerraformStack } from 'cdktf'
import { Engine, Host, Tunnel, useEngine } from '../../constructs'
import { makeTerraform } from '../provider/terraform'
import { installNullProvider } from './null-provider'

let base: string
let terraform: ReturnType<typeof makeTerraform>
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'null-plan-'))
  const provider = await installNullProvider(base)
  process.stderr.write(`null engine: tested with ${provider.says}\n`)
  terraform = makeTerraform(provider.env)
  provider.lock(terraform.folder)
})
afterAll(async () => {
  await terraform?.remove()
  rmSync(base, { recursive: true, force: true })
})

/** Path characters that mean something to Terraform. */
const oddPath = '/odd "name"/back\\slash'

function synthesize(): string {
  const app = new App({ outdir: join(base, 'cdktf.out') })
  const stack = new TerraformStack(app, 'main')
  // By default it is in the folder of whoever runs the test.
  new LocalBackend(stack, { path: join(base, 'terraform.tfstate') })
  useEngine(stack, Engine.null())
  const input = { ip: '203.0.113.20', port: 2222, networks: ['192.0.2.0/24', '198.51.100.7'] }
  const vm = new DataResource(stack, 'vm', { input })
  const ip = vm.getStringAttribute('output.ip')
  new Tunnel(stack, 'db', {
    client: Host.local({ knownHosts: oddPath }),
    server: Host.at({ address: ip, port: vm.getNumberAttribute('output.port') }),
    forward: 'remote',
    listen: `${ip}:5432`,
    far: 'localhost:5432',
    allowFrom: vm.getListAttribute('output.networks'),
  })
  app.synth()
  return readFileSync(join(base, 'cdktf.out/stacks/main/cdk.tf.json'), 'utf8')
}

async function must(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await terraform.run(...args)
  if (code !== 0) throw new Error(`terraform ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

test('they are unknown in the first plan, and whole in the triggers once they are known', async () => {
  terraform.write({ 'cdk.tf.json': synthesize() })
  await must('init')
  expect(await must('plan')).toMatch(/\+ triggers = \(known after apply\)|\+ "server" += \(known after apply\)/)

  await must('apply', '-auto-approve', '-target=terraform_data.vm')
  await must('plan', '-out=plan')
  const plan = JSON.parse(await must('show', '-json', 'plan')) as {
    resource_changes: { address: string; change: { after: { triggers: Record<string, string> } } }[]
  }
  const change = plan.resource_changes.find(({ address }) => address === 'null_resource.db')?.change
  const { resource = '', ...triggers } = change?.after.triggers ?? {}
  expect(triggers).toMatchObject({
    listen: '203.0.113.20:5432',
    server: 'root@203.0.113.20:2222',
    allow_from: '192.0.2.0/24, 198.51.100.7',
  })
  expect(JSON.parse(resource)).toMatchObject({
    type: 'tunnel',
    input: {
      listen: '203.0.113.20:5432',
      allowFrom: ['192.0.2.0/24', '198.51.100.7'],
      client: { knownHosts: oddPath },
      server: { name: 'server', address: '203.0.113.20', port: 2222 },
    },
  })
})
