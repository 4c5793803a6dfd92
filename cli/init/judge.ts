// What the spec's own rules say of the answers, as soon as each is given. Pure.
import { isAddress } from '../../schemas/endpoint'
import { parseSpec } from '../../spec'
import { type Answers, readListen } from './answers'
import { writeSpec } from './write-spec'

/** Those that are not given yet stand as something that is right. */
export function judge(given: Partial<Answers> & Pick<Answers, 'middle'>): string[] {
  const address = given.middle.address ?? ''
  const own = isAddress(address) ? address : '127.0.0.1'
  const whole: Answers = {
    near: null,
    far: '192.0.2.1:80',
    listen: readListen('8080', own),
    allowFrom: null,
    name: 'tunnel',
    ...given,
  }
  const { problems } = parseSpec(writeSpec(whole), 'answers')
  return problems.map(({ message, hint }) => (hint ? `${message}; ${hint}` : message))
}
