// A share of what test/wide/hostile-values tries, from a seed of its own.
import { beforeReaders, passThroughBatch, passThroughShell } from './hostile-readers'
import { hostileTexts, putInPlaces } from './hostile-values'
import { prepareRoot } from './private-root'

beforeAll(prepareRoot)

const texts = hostileTexts(1000, 2)

test.each([['/bin/dash'], ['/bin/busybox', 'sh']] as const)(
  '%s takes any text for text, as an argument and on stdin',
  (...shell) => {
    passThroughShell(shell, texts)
  },
)

test('a batch writes any text as it is', () => passThroughBatch('busybox sh', texts.slice(0, 100)))

test('what passes validation is text to all who read it', () => {
  const { files, passed } = putInPlaces(texts)
  expect(passed).toBeGreaterThan(50)
  const sizes = {
    units: files.units.size,
    dropIns: files.dropIns.size,
    ownDropIns: files.ownDropIns.size,
    keys: files.keyLines.size,
    rules: files.rules.size,
  }
  expect(beforeReaders(files)).toEqual(sizes)
})
