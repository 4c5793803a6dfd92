// Our package in somebody else's CDK for Terraform project: ten lines beside another provider's resource, deployed on real hosts.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { makeUserProject, type UserProject } from '../reuse/project'
import { fetchPage, fingerprints } from './stack'

/** terraform_data stands for a virtual machine: its output is unknown until it has been applied. */
const main = (lab: Lab) => `import { App, DataResource, TerraformOutput, TerraformStack } from 'cdktf'
import { MiddleServer, Tunnel } from 'cdktf-ssh-tunnels'
const app = new App()
const stack = new TerraformStack(app, 'shop')
const vm = new DataResource(stack, 'vm', { input: { ip: '${lab.hosts.middle.address}', key: '${lab.hosts.middle.hostKey}' } })
const [address, hostKey] = [vm.getStringAttribute('output.ip'), vm.getStringAttribute('output.key')]
const middle = new MiddleServer(stack, 'middle', { address, hostKey, identityFile: '${lab.keyFile}' })
const web = new Tunnel(stack, 'web', { client: middle, forward: 'local', listen: \`\${address}:8080\`, far: 'far:80' })
new TerraformOutput(stack, 'url', { value: \`http://\${web.endpoint}/\` })
app.synth()
`

let lab: Lab
let project: UserProject
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  project = await makeUserProject(lab, { 'main.ts': main(lab) })
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  project?.remove()
})

test('npm install brings nothing but the package, its peers and what those bundle', () => {
  const modules = join(project.folder, 'node_modules')
  expect(existsSync(join(modules, 'cdktf-ssh-tunnels/dist/terraform-provider-sshtunnel.cjs'))).toBe(true)
  for (const name of ['ssh2', 'ajv', 'yaml', '@grpc']) expect(existsSync(join(modules, name))).toBe(false)
})

test('ten lines are type-checked, libraries too, in all three ways to find a module', async () => {
  expect(main(lab).trim().split('\n')).toHaveLength(10)
  const ways = [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
    ['commonjs', 'node10'],
  ]
  for (const [module = '', resolution = ''] of ways) {
    expect(await project.npx('tsc', '--module', module, '--moduleResolution', resolution)).toMatchObject({
      code: 0,
      stdout: '',
    })
  }
})

test('a mistake in the props is a type error', async () => {
  const wrong = main(lab).replace(`'local'`, `'remotes'`)
  writeFileSync(join(project.folder, 'wrong.ts'), wrong)
  const ran = await project.npx('tsc', '--noEmit', '--strict', '--skipLibCheck', '--module', 'commonjs', 'wrong.ts')
  expect(ran.stdout).toContain(`Type '"remotes"' is not assignable to type '"local" | "remote" | "dynamic"`)
})

test('a deploy makes the address and the tunnel that needs it, and far answers through the port', async () => {
  const { code, stdout, stderr } = await project.cdktf('deploy', 'shop', '--auto-approve')
  expect({ code, said: stdout + stderr }).toMatchObject({ code: 0, said: expect.stringContaining('2 added') })
  expect(stdout).toContain('url = http://203.0.113.20:8080/')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
})

test('a second deploy changes nothing', async () => {
  const { code, stdout } = await project.cdktf('deploy', 'shop', '--auto-approve')
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('No changes') })
})

test('destroy leaves the hosts as they were', async () => {
  const { code, stdout } = await project.cdktf('destroy', 'shop', '--auto-approve')
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('2 destroyed') })
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  expect(await fingerprints(lab)).toEqual(before)
})
