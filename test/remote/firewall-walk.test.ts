// The walk through a ruleset against the kernel: what it says of a visitor's connection is what happens to one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseSnapshot } from '../../engine/look/snapshot'
import { describeAsk, type FirewallAt, firewall } from '../../engine/parts/firewall'
import type { Snapshot } from '../../engine/parts/snapshot'
import { tries } from '../tries'
import { rulesets } from './random-ruleset'
import { addresses, compare, port, surely, type TwoNets, twoNets } from './two-nets'

const folder = join(__dirname, '../cases/closings')
const names = readdirSync(folder).map(file => file.replace('.nft', ''))
const textOf = (name: string) => readFileSync(join(folder, `${name}.nft`), 'utf8')

/** Rulesets for each family; more with FC_RUNS=1000. */
const asked = tries(100)

let free: TwoNets[] = []
beforeAll(async () => {
  free = await Promise.all(Array.from({ length: 6 }, twoNets))
})
afterAll(() => {
  for (const nets of free) nets.end()
})

/** Those that the walk is wrong about, in words. */
async function judge(nets: TwoNets, text: string, family: 4 | 6) {
  const nft = await nets.load(text)
  return nft === null ? null : { nft, ...(await compare(nets, nft, family)) }
}

/** All of them, on as many hosts as there are. */
async function onAll<Item>(items: readonly Item[], work: (nets: TwoNets, item: Item) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(
    free.map(async nets => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(nets, item)
    }),
  )
}

const at: FirewallAt = {
  tag: 'ssh-tunnels web me',
  owner: 'me',
  file: '/etc/ssh-tunnels/web/firewall.nft',
  asks: [{ address: addresses[4][0], port, from: null }],
}
const conf = { mode: '644', owner: 'root:root', text: 'include "/etc/ssh-tunnels/*/firewall.nft" # ssh-tunnels\n' }
const snapshotOf = (nft: unknown): Snapshot => ({
  ...parseSnapshot(''),
  nft,
  addresses: ['127.0.0.1', addresses[4][0]],
  interfaces: ['eth0'],
  files: { '/etc/nftables.conf': conf },
})

/** What a deploy says and does where the walk has said this, in the words of the first lines of the cases. */
async function deploy(nets: TwoNets, nft: unknown): Promise<string> {
  const before = snapshotOf(nft)
  const want = { manager: 'nftables', opens: at.asks.map(describeAsk), open: true, persistent: true }
  const [check] = firewall.checks(want, before, at, 'host')
  const steps = firewall.plan(want, firewall.observe(before, at), before, at)
  if (check?.code === 'firewall-closed' || check?.status === 'unknown') {
    expect(check.evidence).toMatch(
      /^(inet|ip|netdev) \w+ \w+ handle \d+: .+ \(hook \w+\)|^policy drop of inet filter out/,
    )
    return 'we cannot open it'
  }
  const opens = steps.find(({ verb }) => verb === 'firewall_open')?.content
  if (opens === undefined) return 'as it is'
  expect(check).toMatchObject({ status: 'fail', mends: true })
  const after = snapshotOf(await nets.load(opens, { flush: false }))
  expect(firewall.observe(after, at)).toMatchObject({ opens: want.opens, open: true })
  expect(firewall.checks(want, after, at, 'host')).toMatchObject([{ status: 'ok' }])
  return (await nets.reaches(4, surely)) ? 'we open it' : 'we open it, and it is closed'
}

test('what closes the port by a condition is told as the kernel does it, and opened, or named', async () => {
  const seen: Record<string, string> = {}
  const wrong: unknown[] = []
  await onAll(names, async (nets, name) => {
    const found = await judge(nets, textOf(name), 4)
    if (!found) throw new Error(`nft does not load ${name}`)
    if (found.isWrong) wrong.push({ name, ...found, nft: null })
    seen[name] = `${found.said}; ${await deploy(nets, found.nft)}`
  })
  expect(wrong).toEqual([])
  expect(seen).toEqual(Object.fromEntries(names.map(name => [name, /^# (.*)/.exec(textOf(name))?.[1]])))
})

test.each([4, 6] as const)('of random rulesets the walk and the kernel say the same, with IPv%i', async family => {
  const texts = fc.sample(rulesets, { numRuns: asked.numRuns, seed: Number(asked.seed) + family })
  const rounds = texts.length
  const count = { open: 0, closed: 0, unknown: 0, refused: 0 }
  const wrong: unknown[] = []
  await onAll(texts, async (nets, text) => {
    const found = await judge(nets, text, family)
    count[found?.said ?? 'refused']++
    if (found?.isWrong) wrong.push({ text, said: found.said, reaches: found.reaches })
  })
  expect(wrong).toEqual([])
  expect(Math.min(count.open, count.closed)).toBeGreaterThan(rounds / 6)
  // nft refuses rules that contradict themselves.
  expect(count.refused).toBeLessThan(rounds / 2)
  expect(count.unknown).toBeLessThan(rounds / 10)
})
