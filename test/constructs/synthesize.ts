// Synthesizes stacks into a folder of their own, with a stand-in for the provider's program, and reads what came out.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, TerraformStack } from 'cdktf'

export interface Synthesized {
  readonly resource: Record<string, Record<string, Record<string, unknown>>>
  readonly output: Record<string, { value: unknown }>
  readonly provider: Record<string, unknown[]>
  readonly terraform: { required_providers: Record<string, { source: string; version: string }> }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'constructs-'))
  folders.push(folder)
  return folder
}

export function writeBundle(content: string): string {
  const file = join(makeFolder(), 'bundle.cjs')
  writeFileSync(file, content)
  return file
}

/** Builds into an app, synthesizes it and returns its cdktf.out. */
export function synthesizeApp(build: (app: App) => void, bundle = writeBundle('one'), outdir = makeFolder()): string {
  const app = new App({ outdir, context: { sshtunnelProviderBundle: bundle } })
  build(app)
  app.synth()
  return outdir
}

/** One stack called `main`. */
export function synthesize(build: (stack: TerraformStack) => void): Synthesized {
  return readStack(
    synthesizeApp(app => build(new TerraformStack(app, 'main'))),
    'main',
  )
}

export function readStack(outdir: string, stack: string): Synthesized {
  return JSON.parse(readFileSync(join(outdir, 'stacks', stack, 'cdk.tf.json'), 'utf8'))
}

/** What we gave a resource, without cdktf's own notes. */
export function attributesOf(from: Synthesized, type: string, name: string): Record<string, unknown> {
  const { '//': _, ...attributes } = from.resource[type]?.[name] ?? {}
  return attributes
}
