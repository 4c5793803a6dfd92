// Somebody's empty CDK for Terraform project in TypeScript, into which our package is installed as a user does it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packInto } from '../../bench/package-size'
import type { Lab, Result } from '../../lab'
import { command, must } from '../../lab/command'

const root = join(__dirname, '../..')

export interface UserProject {
  readonly folder: string
  /** A program of the project's own node_modules, in its folder. */
  npx(...words: string[]): Promise<Result>
  /** cdktf-cli of this repository (it is 470 MB), from the lab's controller. */
  cdktf(...words: string[]): Promise<Result>
  remove(): void
}

/** `npm install` asks npm's cache first. @param files by name, beside package.json, tsconfig.json and cdktf.json */
export async function makeUserProject(lab: Lab, files: Readonly<Record<string, string>>): Promise<UserProject> {
  const base = mkdtempSync(join(tmpdir(), 'reuse-'))
  const folder = join(base, 'shop')
  const write = (name: string, content: object | string) =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  mkdirSync(folder)
  write('package.json', { name: 'shop', version: '1.0.0', private: true })
  write('tsconfig.json', {
    compilerOptions: { target: 'ES2020', module: 'CommonJS', strict: true, skipLibCheck: false },
  })
  write('cdktf.json', { language: 'typescript', app: 'node main.js', projectId: 'shop', sendCrashReports: 'false' })
  for (const [name, content] of Object.entries(files)) write(name, content)

  const tarball = packInto(base)
  const wanted = ['cdktf', 'constructs', 'typescript', '@types/node'].map(name => `${name}@${versionHere(name)}`)
  await must(['npm', 'install', '--prefer-offline', tarball, ...wanted], { cwd: folder })
  const env = {
    HOME: base,
    FORCE_COLOR: '0',
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
    TF_CLI_CONFIG_FILE: undefined,
  }
  return {
    folder,
    npx: (program, ...words) =>
      command([join(folder, 'node_modules/.bin', program ?? ''), ...words], { cwd: folder, env }),
    cdktf: (...words) =>
      lab.run('controller', [join(root, 'node_modules/.bin/cdktf'), ...words], {
        cwd: folder,
        env,
        timeoutMs: 180_000,
      }),
    remove: () => rmSync(base, { recursive: true }),
  }
}

function versionHere(name: string): string {
  return (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version
}
