// `npm ci` takes package-lock.json. A registry that lacks packages for other systems makes one that it refuses: "Missing: ... from lock file".
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = join(__dirname, '../..')
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Entry>> }

test('every package that a locked package names is locked, those for other systems too', () => {
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(name => !foldersAbove(path).some(folder => packages[`${folder}node_modules/${name}`]?.version))
      .map(name => `${name}, of ${path}`),
  )
  expect(missing).toEqual([])
})

test('it is as new as package.json', () => {
  const { dependencies, devDependencies, peerDependencies } = read('package.json')
  expect(packages['']).toMatchObject({ devDependencies, peerDependencies })
  expect(packages['']?.dependencies).toEqual(dependencies)
})

/** Where Node looks for what a package requires: '', 'node_modules/a/', 'node_modules/a/node_modules/b/'. */
function foldersAbove(path: string): string[] {
  const parts = (path && `${path}/`).split('node_modules/')
  return parts.map((_, at) => parts.slice(0, at + 1).join('node_modules/'))
}
