// What the npm package weighs: packs it, installs it into an empty folder without its peers, and measures. Writes docs/package.md.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '..')
const name = 'cdktf-ssh-tunnels'

export interface PackageSize {
  /** Bytes of the .tgz. */
  readonly packed: number
  /** Bytes of all files below node_modules. */
  readonly installed: number
  readonly files: number
  /** Packages that come along, without the peers. */
  readonly dependencies: readonly string[]
  readonly peers: readonly string[]
  /** Bytes by file, the biggest first. */
  readonly biggest: readonly (readonly [string, number])[]
}

/** The tarball in this folder. dist/ has to be built. */
export function packInto(folder: string): string {
  // Without `prepare`: it would build again what others may be reading.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const said = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [{ filename = '' } = {}] = JSON.parse(said) as { filename?: string }[]
  return join(folder, filename)
}

export function measurePackage(): PackageSize {
  const folder = mkdtempSync(join(tmpdir(), 'package-size-'))
  try {
    const tarball = packInto(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    const args = ['install', '--offline', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', tarball]
    execFileSync('npm', args, { cwd: folder, stdio: 'ignore' })
    const modules = join(folder, 'node_modules')
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object }
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(join(modules, name, 'package.json'), 'utf8'),
    ) as Record<'peerDependencies' | 'peerDependenciesMeta', Record<string, { optional?: boolean }>>
    const sizes = readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter(file => !file.startsWith('.'))
      .map(file => [file, statSync(join(modules, file))] as const)
      .filter(([, stat]) => stat.isFile())
      .map(([file, { size }]) => [file, size] as const)
      .sort(([, a], [, b]) => b - a)
    return {
      packed: statSync(tarball).size,
      installed: sizes.reduce((sum, [, size]) => sum + size, 0),
      files: sizes.length,
      dependencies: Object.keys(lock.packages).filter(path => path !== '' && path !== `node_modules/${name}`),
      peers: Object.keys(peerDependencies).filter(peer => !peerDependenciesMeta[peer]?.optional),
      biggest: sizes.slice(0, 3),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const inMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** The table in docs/package.md. */
export function formatSize({ packed, installed, files, dependencies, peers, biggest }: PackageSize): string {
  return `| | |
|---|---|
| packages installed besides the peers (${peers.join(', ')}) | ${1 + dependencies.length}: itself |
| dependencies | ${dependencies.length} |
| download | ${inMegabytes(packed)} |
| installed | ${inMegabytes(installed)}, ${files} files |
${biggest.map(([file, size]) => `| of that \`${file.replace(`${name}/`, '')}\` | ${inMegabytes(size)} |`).join('\n')}
`
}

export const page = join(root, 'docs/package.md')
export const marked = /(?<=<!-- sizes: bench\/package-size\.ts -->\n)[\s\S]*?(?=<!-- end -->)/

if (require.main === module) {
  const table = formatSize(measurePackage())
  process.stdout.write(table)
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(marked, () => table),
  )
}
