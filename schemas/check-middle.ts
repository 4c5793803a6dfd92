// What can be wrong with a middle server's own settings although their shape is right. Pure.
import { addressesOf, checkHost, describeAddresses, hasAddress } from './check-host'
import { checkSources } from './check-sources'
import { checkSshd } from './check-sshd'
import { isAddress, isLoopback, isWildcard } from './endpoint'
import { type Finding, under } from './finding'
import { isOurs } from './machine'
import type { Host, Middle, OpenPort } from './types'
import { allKnown, type IsUnknown } from './unknown'

export function checkMiddle(middle: Middle, isUnknown: IsUnknown = allKnown): Finding[] {
  return [...under(['host'], checkHost(middle.host, isUnknown)), ...checkSettings(middle, isUnknown)]
}

/** Without its host. */
export function checkSettings(middle: Middle, isUnknown: IsUnknown): Finding[] {
  if (!isOurs(middle.host)) {
    const message = `${middle.host.name} is not ours (managed: false), so nothing is set there`
    const path = Object.keys(middle).find(key => !['name', 'owner', 'adopt', 'host'].includes(key))
    const hint = 'leave the settings out, and ask its owner'
    return [{ path: path ? [path] : [], code: 'not-managed', message, hint }]
  }
  return [
    ...checkSshd(middle, isUnknown),
    ...(middle.openPorts ?? []).flatMap((open, index) =>
      under(['openPorts', index], checkOpenPort(open, middle.host, isUnknown)),
    ),
  ]
}

function checkOpenPort(open: OpenPort, host: Host, isUnknown: IsUnknown): Finding[] {
  const address = open.address
  const sources = checkSources('from', open.from, address ?? '*', isUnknown)
  if (!address || isUnknown(address)) return sources
  if (!isAddress(address) || isWildcard(address)) {
    const hint = 'leave it out to open the port on every address'
    return [...sources, { path: ['address'], code: 'bad-address', message: `${address} is not an IP address`, hint }]
  }
  const own = addressesOf(host)
  if (!own || isLoopback(address) || hasAddress(host, address)) return sources
  const message = `${address} is not an address of ${host.name} (${describeAddresses(own)})`
  return [...sources, { path: ['address'], code: 'foreign-address', message }]
}
