// The owner of what names none: the name, and the project of cdktf that it stands in.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEstate } from '../../cli/read-estate'
import { defaultOwner } from '../../spec/default-owner'

let base: string
const folders = ['one/specs', 'other', 'none', 'broken']
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'default-owner-'))
  for (const folder of folders) mkdirSync(join(base, folder), { recursive: true })
  for (const project of ['one', 'other'])
    writeFileSync(join(base, project, 'cdktf.json'), JSON.stringify({ projectId: `id of ${project}` }))
  writeFileSync(join(base, 'broken/cdktf.json'), '{')
})
afterAll(() => rmSync(base, { recursive: true }))

const ownerIn = (folder: string) => defaultOwner('tunnels', [join(base, folder)])

test('a project has one owner in all its folders, and another project another one', () => {
  expect(ownerIn('one')).toMatch(/^tunnels\.[0-9a-f]{8}$/)
  expect(ownerIn('one/specs')).toBe(ownerIn('one'))
  expect(ownerIn('other')).not.toBe(ownerIn('one'))
})

test('outside of a project the name alone is the owner', () => {
  expect(ownerIn('none')).toBe('tunnels')
  expect(ownerIn('broken')).toBe('tunnels')
})

test('the command calls the owner as a stack of the same folder does, and knows the older name', () => {
  const write = (head: string) => {
    const file = join(base, 'one/specs/tunnels.yaml')
    writeFileSync(file, `version: 1\n${head}hosts: { middle: { address: 203.0.113.20 } }\n`)
    return file
  }
  const before = process.cwd()
  try {
    process.chdir(join(base, 'one'))
    expect(readEstate(write(''))).toMatchObject({ owner: ownerIn('one'), formerOwner: 'tunnels', ownsAll: false })
    expect(readEstate(write('owner: shop\n'))).toMatchObject({ owner: 'shop', ownsAll: true })
    expect(readEstate(write('engine: null\n'))).toMatchObject({ owner: ownerIn('one'), formerOwner: 'tunnels' })
    process.chdir(join(base, 'none'))
    expect(readEstate(write(''))).toMatchObject({ owner: ownerIn('one') })
  } finally {
    process.chdir(before)
  }
})
