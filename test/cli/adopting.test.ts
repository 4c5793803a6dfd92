// What runs on another host names files of that host: the spec is read here, and so are the files that it names.
import { toAdopt } from '../../cli/adopting'
import type { Host } from '../../schemas/types'
import { parseSpec } from '../../spec'
import { draftSpec, readCommand } from '../../spec/from-ssh'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIepJ4ZIVwaTDLrLFCFTpvMaxYvcfRsPSpXbIQgPEiPr'
const known = { hostKey: () => ({ key, place: 'known_hosts:1' }) }
const line =
  'ssh -N -i /home/bob/.ssh/far -o UserKnownHostsFile=/home/bob/.ssh/known -o ServerAliveInterval=9 -L 81:f:80 bob@m'

function drafted(on: Host | null, text = line) {
  const { found } = readCommand(text)
  if (!found) throw new Error('not read')
  const client = on
    ? { name: 'web', host: { address: '203.0.113.20', user: 'root', hostKey: key }, addresses: ['203.0.113.20'] }
    : { name: 'near', host: { local: true }, addresses: ['198.51.100.10'] }
  const draft = draftSpec([toAdopt(found, { on, client, user: 'bob', from: null })], known)
  const { spec, problems } = parseSpec(draft.text, 'draft')
  expect(problems).toEqual([])
  return { draft, server: spec?.hosts.m }
}

test('the key and the known_hosts of another host are not written as files of this machine', () => {
  const web: Host = { name: 'web', address: '203.0.113.20', user: 'root', identityFile: '~/.ssh/mine' }
  const { draft, server } = drafted(web)
  expect(server).toMatchObject({ identityFile: '~/.ssh/mine', hostKey: key })
  expect(server).not.toHaveProperty('knownHosts')
  expect(draft.toDo).toContainEqual(
    'host m: -i /home/bob/.ssh/far is a file of web, and an apply logs in from here: a key of this machine has to open bob@m',
  )
})

test('of a line that runs here both are its own', () => {
  const { draft, server } = drafted(null)
  expect(server).toMatchObject({ identityFile: '/home/bob/.ssh/far', knownHosts: '/home/bob/.ssh/known' })
  expect(server).not.toHaveProperty('hostKey')
  expect(draft.toDo.join()).not.toContain('/home/bob')
})

test('none is no file', () => {
  const { server } = drafted(null, 'ssh -N -i none -o UserKnownHostsFile=none -L 81:f:80 bob@m')
  expect(server).toMatchObject({ hostKey: key })
  expect(Object.keys(server ?? {})).not.toEqual(expect.arrayContaining(['identityFile']))
  expect(Object.keys(server ?? {})).not.toEqual(expect.arrayContaining(['knownHosts']))
})
