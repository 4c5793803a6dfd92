// A machine on the command line: a host of a spec, a login, or `here`.
import type { Host } from '../schemas/types'
import { WrongWords } from './command'
import { ownKey } from './here'
import { readHost } from './read-estate'
import { readLogin } from './read-login'

/** @throws WrongWords, SpecError, UnknownName */
export function findHost(name: string, spec: string): Host {
  if (spec !== '') return readHost(spec, name)
  if (name === 'here') return { name: 'here', local: true }
  const login = readLogin(name)
  if (!login)
    throw new WrongWords(`${name} is no login; as in root@203.0.113.20:22, or name the spec that has a host ${name}`)
  const key = ownKey()
  return key ? { ...login, identityFile: key } : login
}
