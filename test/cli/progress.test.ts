// What a deploy says on its way, at a terminal and in a pipe.
import { makeProgress } from '../../cli/progress'

function screenOf(isTTY: boolean) {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  return { isTTY, columns: 60, rows: 10, write, read: () => text }
}

test('in a pipe, progress is a plain line for each thing done', () => {
  const screen = screenOf(false)
  const progress = makeProgress(screen)
  progress.tell('web', 'near: make the key pair', { host: 'near', round: 0 })
  progress.tell('middle', 'middle: set sshd', { host: 'middle', round: 1 })
  progress.say('web: done')
  expect(screen.read()).toBe('web: near: make the key pair\nmiddle: set sshd\nweb: done\n')
})

test('of more hosts than a terminal has rows, those where something is new are shown, and how many others there are', () => {
  const screen = screenOf(true)
  const progress = makeProgress(screen)
  for (let host = 1; host <= 50; host++)
    progress.tell('web', `host-${host}: add account`, { host: `host-${host}`, round: 0 })
  progress.tell('web', 'host-3: make the key pair', { host: 'host-3', round: 0 })
  const drawn = screen.read().split('\x1b[J').at(-1) ?? ''
  const shown = drawn.split('\n')
  // Two rows are left to the terminal's own.
  expect(shown.filter(Boolean)).toHaveLength(8)
  expect(shown[0]).toBe('and 43 more, where nothing is new')
  expect(shown[6]).toMatch(/^host-50 /)
  expect(shown[7]).toMatch(/^host-3 +accounts and sshd +2 +make the key pair$/)
})

test('on a terminal, progress is one line for each host and round, counted and cut to its width', () => {
  const screen = screenOf(true)
  const progress = makeProgress(screen)
  progress.tell('web', 'near: make the key pair', { host: 'near', round: 0 })
  progress.tell('db', 'near: add account tun-db, which is rather a long sentence', { host: 'near', round: 0 })
  progress.tell('db', 'middle: write the authorized key', { host: 'middle', round: 1 })
  expect(screen.read().split('\x1b[1A\x1b[J').at(-1)).toBe(
    `near       accounts and sshd    2  add account tun-db, whic
middle     authorized keys      1  write the authorized key
`,
  )
})
