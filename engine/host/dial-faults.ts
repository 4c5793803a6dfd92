// What keeps a host from opening a TCP connection for us.

import { isSocket } from '../../schemas/address'
import { Fault } from '../fault'
import { endpointOf } from './hop'

const targetOf = (address: string, port: number): string =>
  isSocket(address) ? address : endpointOf({ address, port })

export function dialFailed(host: string, address: string, port: number, why: string): Fault {
  return new Fault({
    code: 'dial-failed',
    host,
    what: `${host} cannot connect to ${targetOf(address, port)}`,
    happened: why,
    cure: 'check that the service runs and listens there, and that no firewall drops the connection',
  })
}

export function dialProhibited(host: string, address: string, port: number, why: string): Fault {
  return new Fault({
    code: 'dial-prohibited',
    host,
    what: `sshd on ${host} does not let us connect onward to ${targetOf(address, port)}`,
    happened: why,
    cure: isSocket(address)
      ? `see that somebody listens there, that the user as whom we log in may write to it (socketMode), and AllowStreamLocalForwarding in ${host}'s sshd_config`
      : `see AllowTcpForwarding, PermitOpen and DisableForwarding in ${host}'s sshd_config, for the user that we log in as`,
  })
}

export function dialLost(host: string, address: string, port: number, why: string): Fault {
  return new Fault({
    code: 'connection-lost',
    host,
    what: `the connection to ${host} was lost before it could connect onward to ${targetOf(address, port)}`,
    happened: why,
    cure: 'run the same again',
  })
}
