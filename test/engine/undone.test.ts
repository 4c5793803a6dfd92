// What is said of a change that was undone: what was tried, what happened, what is now, what to do.
import { describeTried, undoneFault } from '../../engine/change/undone'
import { Fault } from '../../engine/fault'
import type { Step } from '../../engine/parts/part'

const host = { name: 'middle', address: '203.0.113.20' }
const put: Step = {
  why: 'set sshd in FILE',
  phase: 'sshd',
  verb: 'sshd_put',
  args: ['FILE'],
  shows: 'AllowGroups nobody\nUseDNS no',
}
const open: Step = { why: 'let in * tcp/9090', phase: 'firewall', verb: 'firewall_open', args: [] }
const keep: Step = { why: 'keep that in /etc/x', phase: 'firewall', verb: 'firewall_keep', args: ['/etc/x'] }
const refused = new Fault({ code: 'login-refused', host: 'middle', what: 'no', happened: 'it took none of the keys' })
const undoing = {
  tried: describeTried([put, open, open, keep]),
  why: refused,
  tries: 2,
  seconds: 3,
  said: 'undone',
  still: null,
}

test('it says all four, and which settings keep out whom sshd has refused', () => {
  expect(undoneFault(host, undoing).message).toBe(`undone: after the change nobody could log in to middle as root
  What was tried:   sshd: AllowGroups nobody
                    sshd: UseDNS no
                    firewall: let in * tcp/9090
  What happened:    a fresh login as root@203.0.113.20 failed, 2 tries in 3 s: it took none of the keys
  What is now:      middle has put everything back by itself: all that we have changed there is as before
                    root can log in
  What you can do:  let root in, by the key that is used here: see PermitRootLogin, AllowGroups, DenyUsers, AuthorizedKeysFile, AuthenticationMethods and PubkeyAcceptedAlgorithms`)
})

test('where nobody gets in even then it does not say that all is well, but who else has changed what', () => {
  const said = 'undone\nother: table inet other, chain input: tcp dport 22 reject (new)'
  const { now, cure } = undoneFault(host, { ...undoing, still: new Error('no answer in 15 s'), said })
  expect(now).toMatch(/even so root cannot log in, .*: no answer in 15 s\nsince it began .*\ntable inet other/)
  expect(cure).toMatch(/console of middle .* first what somebody else has changed/)
})

test('what could not be put back is told in place of that it could', () => {
  expect(undoneFault(host, { ...undoing, said: 'undone\nnot all could be put back: rest' }).now).toMatch(
    /^middle has tried to put everything back; not all could be put back: rest\n/,
  )
})

test('where not all could be put back and nobody gets in it does not say that this is not our change', () => {
  const said =
    'undone\nsshd has not read what was put back: 99-x.conf: Bad configuration option\nnot all could be put back: sshd'
  const { now, cure } = undoneFault(host, { ...undoing, said, still: refused })
  expect(now).toMatch(
    /tried to put everything back; sshd has not read .*\neven so root cannot log in: it took none of the keys$/,
  )
  expect(cure).toContain('sh /var/lib/ssh-tunnels/undo-*/undo')
})

test('of very many changes the first are named, and how many more there are', () => {
  const many = Array.from({ length: 100 }, (_, at): Step => ({ ...open, why: `let in * tcp/${at}` }))
  const lines = describeTried(many).split('\n')
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toBe('and 92 more')
})
