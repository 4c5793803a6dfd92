// The rulesets of cases/rulesets: NAME.json is what the real nft prints of NAME.nft. UPDATE_CASES=1 writes it anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRuleset } from '../../engine/parts/firewall/ruleset'
import { inPrivateRoot, linesOf, prepareRoot } from './private-root'

beforeAll(prepareRoot)

const folder = join(__dirname, '../cases/rulesets')
const names = readdirSync(folder).flatMap(file => (file.endsWith('.nft') ? [file.replace('.nft', '')] : []))

/** What nft prints of each file, in one private root. */
const printed = (): Record<string, unknown> => {
  const each = names.map(
    name =>
      `nft flush ruleset; nft -f - <<'END'\n${readFileSync(join(folder, `${name}.nft`), 'utf8')}\nEND\nnft -j list ruleset\n`,
  )
  const lines = linesOf(inPrivateRoot('dash', each.join('')))
  return Object.fromEntries(names.map((name, index) => [name, JSON.parse(lines[index] ?? '')]))
}

/** Without its look-ups. */
const shown = (json: unknown) => {
  const { bases, rules } = readRuleset(json)
  return { bases, rules }
}

test('the JSON of the cases is what nft prints of their rulesets', () => {
  const real = printed()
  if (process.env.UPDATE_CASES) {
    for (const name of names) writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(real[name])}\n`)
  }
  for (const name of names) {
    const kept: unknown = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
    expect({ name, ...shown(kept) }).toEqual({ name, ...shown(real[name]) })
  }
})
