// What can be wrong with the settings of sshd that stand for everybody although their shape is right. Pure.
import { checkExtra, whyNoValue } from './check-extra'
import { isNetwork } from './endpoint'
import { type Finding, under } from './finding'
import { readAllowed } from './sshd-settings'
import type { Middle } from './types'
import type { IsUnknown } from './unknown'

export function checkSshd(middle: Middle, isUnknown: IsUnknown): Finding[] {
  return [
    ...checkMaxStartups(middle.maxStartups, isUnknown),
    ...checkRootLogin(middle, isUnknown),
    ...checkPenalties(middle.perSourcePenalties, isUnknown),
    ...(middle.allowUsers ?? []).flatMap((entry, index) =>
      under(['allowUsers', index], isUnknown(entry) ? [] : checkAllowed(entry)),
    ),
    ...under(['extra'], checkExtra(middle, isUnknown)),
  ]
}

/** sshd refuses to start with START > FULL, or with a RATE outside of 1 to 100 (servconf.c, sMaxStartups). */
function checkMaxStartups(value: string | undefined, isUnknown: IsUnknown): Finding[] {
  if (value !== undefined && isUnknown(value)) return []
  const [start, rate, full] = (value ?? '').split(':').map(Number)
  if (start === undefined || rate === undefined || full === undefined) return []
  if (start <= full && rate >= 1 && rate <= 100) return []
  const hint = 'START:RATE:FULL, with START at most FULL and RATE from 1 to 100'
  return [{ path: ['maxStartups'], code: 'bad-max-startups', message: `sshd does not take MaxStartups ${value}`, hint }]
}

/** Nobody could put it back but by the host's console. */
function checkRootLogin({ permitRootLogin: value, host }: Middle, isUnknown: IsUnknown): Finding[] {
  const user = host.user ?? 'root'
  if (value !== 'no' && value !== 'forced-commands-only') return []
  if (host.local || isUnknown(user) || user !== 'root') return []
  const message = `PermitRootLogin ${value} would lock us out of ${host.name}, where we log in as root`
  const hint = 'log in as an administrator: user: NAME and become: sudo; or write prohibit-password'
  return [{ path: ['permitRootLogin'], code: 'locks-out', message, hint }]
}

function checkPenalties(value: string | undefined, isUnknown: IsUnknown): Finding[] {
  const why = value === undefined || isUnknown(value) ? null : whyNoValue(value)
  if (why === null) return []
  return [
    { path: ['perSourcePenalties'], code: 'bad-value', message: `perSourcePenalties ${why.says}`, hint: why.hint },
  ]
}

function checkAllowed(entry: string): Finding[] {
  const allowed = readAllowed(entry)
  if (allowed === null) {
    const hint = 'USER or USER@ADDRESS; USER may have * and ?, and neither spaces, commas nor !'
    return [
      { path: [], code: 'bad-user', message: `${JSON.stringify(entry)} is not a user whom sshd may let in`, hint },
    ]
  }
  const { address } = allowed
  if (address === null || isNetwork(address)) return []
  const hint =
    'an IP address or network, for example deploy@198.51.100.0/24: sshd looks up no names unless UseDNS is on'
  return [{ path: [], code: 'bad-network', message: `${address} is not an IP address or network`, hint, text: address }]
}
