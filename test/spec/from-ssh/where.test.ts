// The tutorial's command, typed on near: it can only run on the middle.
import { findMisplaced, readCommand } from '../../../spec/from-ssh'

const middle = '209.239.112.134'
const near = { addresses: ['198.51.100.10', '127.0.0.1', '::1'], destination: null }
const judge = (text: string, here: Parameters<typeof findMisplaced>[1] = near) => {
  const { found } = readCommand(text)
  if (!found) throw new Error(`not read: ${text}`)
  return findMisplaced(found, here)
}

test('it logs in to the host whose address it would listen on', () => {
  expect(judge(`ssh -N -L ${middle}:110:server935:22 joe@${middle} -p 2222`)).toMatchObject([
    {
      address: middle,
      owner: 'destination',
      says: expect.stringMatching(/-L listens on the machine that runs ssh, so this can only run there/),
      instead: {
        login: `ssh -p 2222 joe@${middle}`,
        command: `ssh -N -L ${middle}:110:server935:22 -p 2222 joe@127.0.0.1`,
      },
      orElse: {
        command: `ssh -N -R ${middle}:110:server935:22 -p 2222 joe@${middle}`,
        needs: expect.stringMatching(/server935:22 itself; GatewayPorts clientspecified.*; root's login/),
      },
      line: 1,
      column: 11,
    },
  ])
})

test('nothing need be known of near for that, and a name counts by where it leads', () => {
  expect(judge(`ssh -N -L ${middle}:110:f:22 ${middle}`, { addresses: null, destination: null })).toHaveLength(1)
  const led = { addresses: null, destination: [middle] }
  expect(judge(`ssh -N -L ${middle}:110:f:22 middle`, led)).toMatchObject([{ owner: 'destination' }])
})

test('it logs in to far, and listens on a machine that is neither', () => {
  expect(judge(`ssh -N -L ${middle}:110:127.0.0.1:22 joe@server935`)).toMatchObject([
    {
      owner: 'elsewhere',
      instead: { login: `ssh ${middle}`, command: `ssh -N -L ${middle}:110:127.0.0.1:22 joe@server935` },
      orElse: null,
    },
  ])
})

test.each([
  [`ssh -N -L ${middle}:110:f:22 127.0.0.1`, { addresses: [middle], destination: null }],
  [`ssh -N -L ${middle}:110:f:22 m`, { addresses: null, destination: null }],
  [`ssh -N -R ${middle}:8080:f:22 ${middle}`, near],
  [`ssh -N -L 8080:f:22 ${middle}`, near],
  [`ssh -N -L 127.0.0.1:8080:f:22 ${middle}`, near],
  [`ssh -N -L '*:8080:f:22' ${middle}`, near],
])('nothing is wrong with the place of %s', (text, here) => {
  expect(judge(text, here)).toEqual([])
})

test('what is to be typed there is quoted for a shell', () => {
  const [found] = judge(`ssh -N -J 'CORP\\bob@a' -L ${middle}:110:f:22 -l 'joe$(id)' ${middle}`)
  expect(found?.instead).toEqual({
    login: `ssh -J 'CORP\\bob@a' 'joe$(id)@${middle}'`,
    command: `ssh -N -L ${middle}:110:f:22 'joe$(id)@127.0.0.1'`,
  })
})
