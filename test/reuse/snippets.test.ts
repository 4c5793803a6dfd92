// The TypeScript in README.md and docs/package.md, as somebody writes it into a project: its types are right, and it synthesizes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'snippets-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a page leaves to the reader: the stack around it, and another resource. */
const around = (snippet: string) => {
  const lines = snippet.split('\n')
  const isImport = (line: string) => line.startsWith('import ')
  return `import { App, TerraformStack } from 'cdktf'
${lines.filter(isImport).join('\n')}
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL'
const vm = { publicIp: '203.0.113.20', hostKey }
class Stack extends TerraformStack {
  constructor(app: App) {
    super(app, 'main')
    void vm
    ${lines.filter(line => !isImport(line)).join('\n    ')}
  }
}
const app = new App()
new Stack(app)
app.synth()
`
}

function synthesizePage(page: string) {
  const [snippet] = [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(match => match[1])
  const project = join(folder, page.replaceAll('/', '-'))
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '@types'), { recursive: true })
  symlinkSync(root, join(modules, 'cdktf-ssh-tunnels'))
  for (const name of ['cdktf', 'constructs', '@types/node'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(project, 'main.ts'), around(snippet ?? ''))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags = ['--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'node16', '--types', 'node']
  execFileSync(process.execPath, [tsc, ...flags, 'main.ts'], { cwd: project, encoding: 'utf8' })
  execFileSync(process.execPath, ['main.js'], { cwd: project, encoding: 'utf8' })
  return JSON.parse(readFileSync(join(project, 'cdktf.out/stacks/main/cdk.tf.json'), 'utf8')).resource.sshtunnel_tunnel
}

test('README.md: a private host behind a middle server is reached through it', () => {
  const { wiki, db } = synthesizePage('README.md')
  expect(db.server).toMatchObject({ name: 'middle' })
  expect(wiki.client).toMatchObject({ name: 'office', via: [{ name: 'middle', address: '203.0.113.20' }] })
})

test('docs/package.md: the way leads through all jump hosts, the nearest first', () => {
  const { wiki } = synthesizePage('docs/package.md')
  expect(wiki.client.via).toEqual([
    { name: 'relay', address: '203.0.113.20', user: 'debian' },
    { name: 'gate', address: '192.0.2.129', user: 'admin' },
  ])
})
