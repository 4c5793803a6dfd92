// What a look brings of a ruleset: elements of sets as far as they are few, and the devices of chains at ingress.
import { parseSnapshot } from '../../engine/look/snapshot'
import { readRuleset } from '../../engine/parts/firewall/ruleset'
import { inPrivateRoot, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const sets = `
	set ports {
		type inet_service
		flags interval
		elements = { 22, 100-120 }
	}
	map verdicts {
		type inet_service : verdict
		elements = { 22 : accept, 110 : drop }
	}
	set pairs {
		type ipv4_addr . inet_service
		elements = { 10.0.0.1 . 110 }
	}
	set none {
		type ipv4_addr
	}
`
const chains = `
	chain frames {
		type filter hook ingress device "lo" priority 0; policy accept;
		tcp dport @ports drop
	}
	chain input {
		type filter hook input priority 0; policy accept;
		ip saddr @many drop
	}
`
const see = (shell: (typeof shells)[number], count: number) => {
  const seen = inPrivateRoot(
    shell,
    `${write('/mnt/sets', sets)}${write('/mnt/chains', chains)}
    {
      echo 'table inet t {'
      awk 'BEGIN {
        printf "\\tset many {\\n\\t\\ttype ipv4_addr\\n\\t\\telements = { 10.0.0.1"
        for (i = 1; i < ${count}; i++) printf ", 172.%d.%d.%d", 16 + i / 65536, i / 256 % 256, i % 256
        print " }\\n\\t}"
      }'
      cat /mnt/sets /mnt/chains
      echo '}'
    } >/mnt/rules
    nft -f /mnt/rules
    ${look(['look_programs', ''])}`,
  )
  const { nft } = parseSnapshot(seen.stdout)
  const ruleset = readRuleset(nft)
  const [rule] = ruleset.rules
  if (!rule) throw new Error(`no rule in ${seen.stdout.slice(0, 500)}`)
  const elements = (name: string) => ruleset.elementsOf(rule, name)
  return { devices: ruleset.bases.find(({ hook }) => hook === 'ingress')?.devices, elements }
}

describe.each(shells)('under %s', shell => {
  test.each([
    ['few', 10],
    ['very many', 120_000],
  ])('with %s elements in one set', (how, count) => {
    const { devices, elements } = see(shell, count)
    expect(devices).toEqual(['lo'])
    expect(elements('ports')).toEqual([22, { range: [100, 120] }])
    expect(elements('verdicts')).toEqual([
      [22, { accept: null }],
      [110, { drop: null }],
    ])
    expect(elements('pairs')).toEqual([{ concat: ['10.0.0.1', 110] }])
    expect(elements('many')?.length ?? null).toBe(how === 'few' ? count : null)
    expect(elements('none')).toEqual([])
  })
})
