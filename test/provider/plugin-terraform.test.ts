// The real terraform against the toy provider inside this process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Attached, serveForTests } from '../../provider/plugin'
import { makeTerraform, type Terraform } from './terraform'
import { ADDRESS, makeToy, type Toy } from './toy'

const HEAD = `terraform {\n  required_providers {\n    toy = { source = "${ADDRESS}" }\n  }\n}\n`

let folder: string
let toy: Toy
let attached: Attached
let terraform: Terraform

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'toy-'))
  toy = makeToy(folder)
  attached = await serveForTests(toy, ADDRESS)
  terraform = makeTerraform({ TF_REATTACH_PROVIDERS: attached.reattach })
})
afterEach(async () => {
  await terraform.remove()
  await attached.close()
  rmSync(folder, { recursive: true, force: true })
})

const write = (hcl: string) => terraform.write({ 'main.tf': HEAD + hcl })

async function apply(hcl: string): Promise<string> {
  write(hcl)
  const { code, stdout, stderr } = await terraform.run('apply', '-auto-approve')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

/** 0: nothing to do, 2: something to do. */
async function plan(hcl?: string): Promise<[code: number | null, text: string]> {
  if (hcl !== undefined) write(hcl)
  const { code, stdout, stderr } = await terraform.run('plan', '-detailed-exitcode')
  return [code, stdout + stderr]
}

const FULL = `
resource "toy_thing" "full" {
  name   = "full"
  size   = 9007199254740993
  tags   = ["a", "b"]
  labels = { team = "blue" }
  secret = "hush"
  owner  = { login = "root" }
  rooms  = [{ name = "hall", floor = 0.1 }, { name = "cellar" }]
}
`

test('a thing with every kind of attribute is planned, made, and then left alone', async () => {
  const [code, text] = await plan(FULL)
  expect(code).toBe(2)
  expect(text).toMatch(/\+ code\s+= \(known after apply\)/)
  expect(text).toMatch(/\+ secret\s+= \(sensitive value\)/)
  expect(text).toContain('Plan: 1 to add, 0 to change, 0 to destroy.')

  await apply(FULL)
  expect(terraform.attributes('toy_thing.full')).toMatchObject({
    id: 'id-full',
    color: 'grey',
    labels: { team: 'blue' },
    owner: { login: 'root', uid: 1000 },
    rooms: [
      { name: 'hall', floor: 0.1, code: 'code-full' },
      { name: 'cellar', floor: null, code: 'code-full' },
    ],
  })
  expect(toy.things()).toMatchObject([{ size: 9007199254740993n, rooms: [{ floor: '0.1' }, { floor: null }] }])
  expect((await plan())[0]).toBe(0)
})

test('what changed behind its back shows in the next plan and is put right', async () => {
  await apply(FULL)
  toy.edit('id-full', { tags: ['a', 'x'] })
  const [code, text] = await plan()
  expect(code).toBe(2)
  expect(text).toMatch(/~ "x" -> "b"/)
  await apply(FULL)
  expect(toy.things()).toMatchObject([{ tags: ['a', 'b'] }])

  toy.edit('id-full', null)
  expect((await plan())[1]).toContain('Plan: 1 to add')
})

test('a change updates in place, a new name replaces, and destroy removes', async () => {
  await apply('resource "toy_thing" "a" { name = "one" }')
  expect(await apply('resource "toy_thing" "a" {\n name = "one"\n color = "red"\n}')).toContain('1 changed')
  expect(toy.things()).toMatchObject([{ id: 'id-one', color: 'red' }])

  const [, text] = await plan('resource "toy_thing" "a" { name = "two" }')
  expect(text).toMatch(/~ name\s+= "one" -> "two" # forces replacement/)
  await apply('resource "toy_thing" "a" { name = "two" }')
  expect(toy.things()).toMatchObject([{ id: 'id-two' }])

  expect((await terraform.run('destroy', '-auto-approve')).code).toBe(0)
  expect(toy.things()).toEqual([])
  expect(terraform.state()?.resources).toEqual([])
})

test('an existing thing is imported by its id, and a missing one is an error', async () => {
  write('resource "toy_thing" "a" { name = "old" }')
  toy.edit('id-old', { id: 'id-old', name: 'old', color: 'grey' })
  expect((await terraform.run('import', 'toy_thing.a', 'id-old')).code).toBe(0)
  expect((await plan())[0]).toBe(0)

  write('resource "toy_thing" "b" { name = "none" }')
  const { code, stderr } = await terraform.run('import', 'toy_thing.b', 'id-none')
  expect(code).toBe(1)
  expect(stderr).toContain('there is no thing id-none')
})

test('a diagnostic points to the file and the line of its attribute', async () => {
  const [code, text] = await plan(
    'resource "toy_thing" "a" {\n  name = "a"\n  color = "pink"\n  rooms = [\n    { name = "hall" },\n    { name = "attic" },\n  ]\n}',
  )
  expect(code).toBe(1)
  expect(text).toContain('Error: no attic here')
  expect(text).toMatch(/on main\.tf line 11, in resource "toy_thing" "a":/)
  expect(text).toContain('There is no roof.\nAt rooms[1].name.')
  expect(text).toMatch(/Warning: pink fades[\s\S]*on main\.tf line 8,/)
})

test('a thrown error is an error of that resource alone, and nothing of it is saved', async () => {
  write('resource "toy_thing" "a" {\n name = "a"\n mood = "angry"\n}\nresource "toy_thing" "b" { name = "b" }')
  const { code, stderr } = await terraform.run('apply', '-auto-approve')
  expect(code).toBe(1)
  expect(stderr).toMatch(/Error: a is angry\n[\s\S]*with toy_thing\.a,[\s\S]*and says why\n.*in two lines/)
  expect(terraform.attributes('toy_thing.a')).toBeUndefined()
  expect(terraform.attributes('toy_thing.b')).toMatchObject({ id: 'id-b' })
})

test('an update that throws keeps the thing in the state as it was', async () => {
  await apply('resource "toy_thing" "a" { name = "a" }')
  write('resource "toy_thing" "a" {\n name = "a"\n mood = "angry"\n}')
  expect((await terraform.run('apply', '-auto-approve')).code).toBe(1)
  expect(terraform.attributes('toy_thing.a')).toMatchObject({ id: 'id-a', mood: null })
})

test('a value known only after the apply of one thing flows into another', async () => {
  const hcl = `
resource "toy_thing" "first" { name = "first" }
resource "toy_thing" "second" {
  name   = "second"
  color  = toy_thing.first.id
  labels = { of = toy_thing.first.id }
  tags   = [toy_thing.first.id]
}
`
  const [, text] = await plan(hcl)
  expect(text).toMatch(/\+ color\s+= \(known after apply\)/)
  await apply(hcl)
  expect(terraform.attributes('toy_thing.second')).toMatchObject({
    color: 'id-first',
    labels: { of: 'id-first' },
    tags: ['id-first'],
  })
  expect((await plan())[0]).toBe(0)
})

test('a state beyond 4 MB passes', async () => {
  terraform.write({ 'long.txt': 'x'.repeat(6_000_000) })
  const hcl = 'resource "toy_thing" "a" {\n name = "a"\n secret = file("long.txt")\n}'
  await apply(hcl)
  expect((await plan())[0]).toBe(0)
})
