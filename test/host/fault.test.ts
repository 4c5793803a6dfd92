// How a fault reads.
import { Fault } from '../../engine/fault'

test('a fault says what failed, what happened and what to do, one under the other', () => {
  const fault = new Fault({
    code: 'login-refused',
    host: 'middle',
    what: 'middle refused the login as root@203.0.113.20:22',
    happened: 'all keys were refused\ntried: ~/.ssh/id_ed25519',
    cure: 'check user and identityFile',
  })
  expect(fault.message).toBe(`middle refused the login as root@203.0.113.20:22
  What happened:    all keys were refused
                    tried: ~/.ssh/id_ed25519
  What you can do:  check user and identityFile`)
})

test('without a word on what happened, the end of the script tells it', () => {
  const fault = new Fault({
    code: 'step-failed',
    host: 'middle',
    what: 'cannot read middle',
    script: 'look',
    exitStatus: 2,
    stderr: 'sshd: no such file\n',
  })
  expect(fault.message).toBe(`cannot read middle
  What happened:    look ended with exit status 2:
                    sshd: no such file`)
})

test('its fields are there for code, its cause for the curious', () => {
  const cause = new Error('deep down')
  const fault = new Fault({ code: 'not-root', host: 'far', what: 'it failed' }, { cause })
  expect(fault).toMatchObject({ code: 'not-root', host: 'far', what: 'it failed', message: 'it failed', cause })
})
