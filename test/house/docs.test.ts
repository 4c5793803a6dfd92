// The resources' documentation is as new as the schemas and the examples.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePages } from '../../docs/generate'
import { faultCodes } from '../../engine/fault'
import { provider } from '../../provider/main'

const root = join(__dirname, '../..')
const pages = makePages()

test.each([...pages])('%s is what `make docs` writes', (path, text) => {
  expect(existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '').toBe(text)
})

test('there is no page of a resource that is no more', () => {
  const wanted = [...pages.keys()].filter(path => path.startsWith('docs/resources/'))
  expect(readdirSync(join(root, 'docs/resources')).map(file => `docs/resources/${file}`)).toEqual(wanted.sort())
})

test('every attribute of every resource has a description', () => {
  for (const { schema } of Object.values(provider.resources)) {
    expect(schema.attributes.filter(({ description }) => !description)).toEqual([])
  }
})

test('every code that a fault can have is thrown somewhere, or said by a check', () => {
  const sources = ['engine', 'cli'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && file !== 'fault/codes.ts')
      .map(file => readFileSync(join(root, folder, file), 'utf8')),
  )
  const unused = Object.keys(faultCodes).filter(code => !sources.some(text => text.includes(`'${code}'`)))
  expect(unused).toEqual([])
})
