// What the proofs of several forwards come to: the tunnel is no better than the worst of them.
import { provenBy } from '../../engine/look/proven'
import type { Proof } from '../../schemas/types'

const proof = (answered: boolean | null): Proof => ({
  from: 'here',
  pastFirewall: true,
  answered,
  evidence: answered ? 'banner' : 'no answer',
  farAnswered: '',
  why: '',
})
const [yes, no, unknown] = [proof(true), proof(false), proof(null)]

test.each<[string, (Proof | null)[], Proof | null]>([
  ['of one', [yes], yes],
  ['of all that answer', [yes, yes], yes],
  ['where one is silent', [yes, no, unknown], no],
  ['where nobody can tell of one', [yes, unknown], unknown],
  ['of those that are asked', [null, yes], yes],
  ['of none', [null, null], null],
])('the proof %s', (_which, all, told) => {
  expect(provenBy(all).proof).toBe(told)
})

test('each is told beside it, where there are several: also one that is not asked, as unknown', () => {
  expect(provenBy([yes]).proofs).toBeNull()
  expect(provenBy([null, null]).proofs).toBeNull()
  expect(provenBy([yes, null]).proofs).toEqual([yes, expect.objectContaining({ answered: null, why: 'probe: none' })])
})
