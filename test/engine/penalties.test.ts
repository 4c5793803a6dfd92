// How often one far's sshd is asked for its banner before it would shut us out.
import { makePenalties } from '../../engine/proof/penalties'

const times = (count: number, banner: string) => {
  const penalties = makePenalties()
  for (let n = 0; n < count; n++) penalties.greeted('far:22', banner, 1_000)
  return penalties
}

test.each([
  ['SSH-2.0-OpenSSH_9.8', 7, 0],
  ['SSH-2.0-OpenSSH_9.8', 8, 1_000],
  ['SSH-2.0-OpenSSH_10.0p2 Debian-7', 20, 13_000],
  ['SSH-2.0-OpenSSH_9.2p1 Debian-2', 20, 0],
  ['SSH-2.0-dropbear_2022.83', 20, 0],
  ['220 mail.example.net ESMTP', 20, 0],
])('after greetings of %s: %i, the next waits %i ms', (banner, count, ms) => {
  expect(times(count, banner).wait('far:22', 1_000)).toBe(ms)
})

test('time forgives them, and another far has its own count', () => {
  const penalties = times(20, 'SSH-2.0-OpenSSH_9.9')
  expect(penalties.wait('far:22', 14_000)).toBe(0)
  expect(penalties.wait('other:22', 1_000)).toBe(0)
})
