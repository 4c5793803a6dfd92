// The walk through rules of iptables against the kernel, in both of its backends.
import fc from 'fast-check'
import { tries } from '../tries'
import { iptablesRules } from './random-iptables'
import { compare, type TwoNets, twoNets } from './two-nets'

const asked = tries(60)

let free: TwoNets[] = []
beforeAll(async () => {
  free = await Promise.all(Array.from({ length: 6 }, twoNets))
})
afterAll(() => {
  for (const nets of free) nets.end()
})

test.each([
  ['nft', 4],
  ['nft', 6],
  ['legacy', 4],
  ['legacy', 6],
] as const)(
  'of random rules of iptables-%s the walk and the kernel say the same, with IPv%i',
  async (backend, family) => {
    const seed = Number(asked.seed) + family + backend.length
    const left = fc.sample(iptablesRules, { numRuns: asked.numRuns, seed })
    const rounds = left.length
    const count = { open: 0, closed: 0, unknown: 0, refused: 0 }
    const wrong: unknown[] = []
    await Promise.all(
      free.map(async nets => {
        for (let texts = left.shift(); texts !== undefined; texts = left.shift()) {
          const ruleset = await nets.loadIptables(backend, texts)
          if (ruleset === null) {
            count.refused++
            continue
          }
          const { said, reaches, isWrong } = await compare(nets, ruleset, family)
          count[said]++
          if (isWrong) wrong.push({ text: family === 4 ? texts.ip : texts.ip6, said, reaches })
        }
      }),
    )
    expect(wrong).toEqual([])
    expect(count.refused).toBeLessThan(rounds / 2)
    expect(Math.min(count.open, count.closed)).toBeGreaterThan(rounds / 10)
    expect(count.unknown).toBeLessThan(rounds / 5)
  },
)
