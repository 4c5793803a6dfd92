// Marks that look like ours and are not quite.
import { ownerOfAccount, ownerOfRules, readMark, readRuleMark, writeMark } from '../../engine/parts/mark'

const mark = { tunnel: 'web', owner: 'shop', notes: { client: '198.51.100.10' } }

test.each([mark, { ...mark, notes: {} }])('what stands after the first line that is no comment is no note', one => {
  expect(readMark(`${writeMark(one)}[Unit]\n# command ssh -N\n`)).toEqual(one)
})

test('a text may end with its mark', () => {
  expect(readMark(writeMark(mark).trimEnd())).toEqual(mark)
})

test('a comment that mentions a note, or has none of our words, is no note', () => {
  expect(readMark(`${writeMark(mark)}# see # command ssh\n# port 22\n`)).toEqual(mark)
})

test.each(['a ssh-tunnels shop', 'ssh-tunnels', ''])('an account with the comment %j is not ours', comment => {
  expect(ownerOfAccount(comment)).toBe('')
})

test.each(['a ssh-tunnels web shop', 'ssh-tunnels web shop too', 'ssh-tunnels web'])(
  'a rule with the comment %j is not ours',
  comment => {
    expect(readRuleMark(comment)).toBeNull()
  },
)

test('the text of our rules says whose they are, that of others does not', () => {
  const rule = (comment: string) => `add rule inet filter input tcp dport 8080 accept comment "${comment}"\n`
  expect(ownerOfRules(rule('ssh-tunnels web shop'))).toBe('shop')
  expect(ownerOfRules(rule('web shop'))).toBeUndefined()
})
