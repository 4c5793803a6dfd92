// 100,000 texts that would be more than text to a shell, sshd, nft, systemd or a terminal, and none of them is obeyed.
import { beforeReaders, inTurns, passThroughBatch, passThroughShell } from '../remote/hostile-readers'
import { hostileTexts, putInPlaces } from '../remote/hostile-values'
import { prepareRoot } from '../remote/private-root'
import { tries } from '../tries'

beforeAll(prepareRoot)

const { seed = 1, numRuns = 0 } = tries(100_000)
const texts = hostileTexts(numRuns, seed)

test.each([['/bin/dash'], ['/bin/bash'], ['/bin/busybox', 'sh']] as const)(
  '%s takes each for text, as an argument and on stdin',
  (...shell) => passThroughShell(shell, texts),
)

test.each(['dash', 'busybox sh'] as const)('a batch under %s writes each as it is', shell => {
  passThroughBatch(shell, texts.slice(0, 2000))
})

test('what passes validation is text to all who read it', () => {
  let all = 0
  for (const some of inTurns(texts, 20_000)) {
    const { files, passed } = putInPlaces(some)
    const { units, dropIns, ownDropIns, keyLines, rules } = files
    const sizes = [keyLines, rules, dropIns, ownDropIns, units].map(({ size }) => size)
    expect(Object.values(beforeReaders(files))).toEqual(sizes)
    all += passed
  }
  console.log(`${texts.length} texts, ${all} of which passed validation; 0 obeyed`)
}, 3_600_000)
