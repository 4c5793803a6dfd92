// What came of tunnels, done and not done, as the command gathers it.
import { Fault } from '../../engine/fault'

export const result = { type: 'tunnel', action: 'create', endpoint: null, farAnswered: null, why: null } as const
export const web = {
  ...result,
  name: 'web',
  status: 'done',
  endpoint: '203.0.113.20:8080',
  farAnswered: 'HTTP/1.1 200',
} as const

export const proof = {
  from: 'here',
  pastFirewall: true,
  answered: true,
  evidence: 'banner',
  farAnswered: 'SSH-2.0',
  why: '',
} as const

export const fault = new Fault({ code: 'port-taken', host: 'middle', what: 'port 1 is taken', cure: 'choose another' })
