// A host and a visitor in two network namespaces, with one cable between them: what the kernel does with a connection to the host's port.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readNft } from '../../engine/look/nft'
import type { Saved } from '../../engine/parts/firewall'
import { readRuleset } from '../../engine/parts/firewall/ruleset'
import { walk } from '../../engine/parts/firewall/walk'

interface Net {
  readonly pid: number
  tell(...words: readonly unknown[]): Promise<unknown>
  run(words: readonly string[], input?: string): Promise<string>
  end(): void
}

function net(): Net {
  const child = spawn('unshare', ['--net', process.execPath, join(__dirname, 'one-net.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: ((answer: unknown) => void)[] = []
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.(JSON.parse(line)))
  const tell = (...words: readonly unknown[]) =>
    new Promise<unknown>(done => {
      waiting.push(done)
      child.stdin.write(`${JSON.stringify(words)}\n`)
    })
  return {
    pid: child.pid ?? 0,
    tell,
    async run(words, input) {
      const ran = (await tell('run', words, input)) as { status: number; stdout: string; stderr: string }
      if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${ran.stderr}\n${input ?? ''}`)
      return ran.stdout
    },
    end: () => child.stdin.end(),
  }
}

export const port = 110
/** By family: the host's address and the visitor's. */
export const addresses = { 4: ['10.9.0.1', '10.9.0.2'], 6: ['fd09::1', 'fd09::2'] } as const

export interface TwoNets {
  /** Loads a ruleset as the host's only one, and reads it back as a look does. Null where nft refuses it. */
  load(text: string, how?: { readonly flush?: boolean }): Promise<unknown>
  /** The same of iptables, by what iptables-restore reads, for both families. */
  loadIptables(backend: 'nft' | 'legacy', texts: { readonly ip: string; readonly ip6: string }): Promise<unknown>
  /** Whether the visitor's connection gets through. */
  reaches(family: 4 | 6, ms: number): Promise<boolean>
  end(): void
}

export async function twoNets(): Promise<TwoNets> {
  const [host, visitor] = [net(), net()]
  // A command that was answered says that the namespace is there.
  await Promise.all([host, visitor].map(side => side.run(['ip', 'link', 'set', 'lo', 'up'])))
  await host.run(['ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(visitor.pid)])
  for (const [index, side] of [host, visitor].entries()) {
    await side.run(['ip', 'address', 'add', `${addresses[4][index]}/24`, 'dev', 'eth0'])
    await side.run(['ip', 'address', 'add', `${addresses[6][index]}/64`, 'dev', 'eth0', 'nodad'])
    await side.run(['ip', 'link', 'set', 'eth0', 'up'])
  }
  // Who filters ARP or neighbour discovery closes more than a port.
  for (const [side, other, index] of [
    [host, visitor, 1],
    [visitor, host, 0],
  ] as const) {
    const hardware = /link\/ether (\S+)/.exec(await other.run(['ip', 'link', 'show', 'eth0']))?.[1] ?? ''
    for (const family of [4, 6] as const) {
      const words = [
        'ip',
        'neighbour',
        'replace',
        addresses[family][index],
        'lladdr',
        hardware,
        'dev',
        'eth0',
        'nud',
        'permanent',
      ]
      await side.run(words)
    }
  }
  await Promise.all([port, 22].map(one => host.tell('listen', one)))
  return {
    async load(text, { flush = true } = {}) {
      const ran = await host.tell('run', ['nft', '-f', '-'], `${flush ? 'flush ruleset\n' : ''}${text}`)
      if ((ran as { status: number }).status !== 0) return null
      const json = await host.run(['nft', '-j', 'list', 'ruleset'])
      return readNft(json, await host.run(['nft', 'list', 'chains']), [])
    },
    async loadIptables(backend, texts) {
      // Nobody flushes tables of legacy for good: what the text does not name stays.
      await host.run(['nft', 'flush ruleset'])
      const saved: Saved[] = []
      for (const family of ['ip', 'ip6'] as const) {
        const ran = await host.tell('run', [`${family}tables-${backend}-restore`], texts[family])
        if ((ran as { status: number }).status !== 0) return null
        saved.push({ backend, family, text: await host.run([`${family}tables-${backend}-save`]) })
      }
      return readNft(await host.run(['nft', '-j', 'list', 'ruleset']), '', [], saved)
    },
    reaches: async (family, ms) => (await visitor.tell('ask', addresses[family][0], port, ms)) === true,
    end() {
      host.end()
      visitor.end()
    },
  }
}

/** What the walk says of the visitor's connection. */
export function foretell(nft: unknown, family: 4 | 6): 'open' | 'closed' | 'unknown' {
  const [address, source] = addresses[family]
  const findings = walk(readRuleset(nft), { family, address, port, source, devices: ['eth0'] })
  if (findings.some(({ closes }) => closes === 'surely')) return 'closed'
  return findings.length > 0 ? 'unknown' : 'open'
}

/** Milliseconds: an answer comes at once, a lost packet is sent again after a second. */
const soon = 700
export const surely = 5_000

/** What the walk says of a loaded ruleset, and what the kernel does. */
export async function compare(nets: TwoNets, ruleset: unknown, family: 4 | 6) {
  const said = foretell(ruleset, family)
  // A busy machine is slow; one that is shut stays shut.
  const reaches = (await nets.reaches(family, soon)) || (said === 'open' && (await nets.reaches(family, surely)))
  return { said, reaches, isWrong: said !== 'unknown' && (said === 'open') !== reaches }
}
