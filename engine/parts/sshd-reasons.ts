// Why each line of our drop-ins for sshd is there. Pure.
import { keywordOf, ownSettings } from '../../schemas/sshd-settings'
import { giveReasons, type Line, type Reasons } from './explained'

const page = 'sshd_config(5)'

/** In the block of a tunnel's account. */
const ofTunnel: Reasons = {
  Match: 'what follows holds for the account of this tunnel alone, and wins over settings for everybody',
  AllowUsers: 'a list for everybody may not name the account; in the block this one stands in its place',
  AllowGroups: 'the same, of its group',
  DenyUsers: 'in place of a list for everybody that may name the account',
  DenyGroups: 'the same, of its group',
  AuthenticationMethods: "the tunnel's key and nothing else opens the login, nor is anything else asked for",
  PubkeyAuthentication: 'keys may be switched off for everybody',
  AuthorizedKeysFile: "where the tunnel's public key stands: root's folder, so that the account cannot let in others",
  'AuthorizedKeysFile none':
    'sshd reads no file for a key: the program of the next line tells it the one that there is',
  AuthorizedKeysCommand:
    "it tells sshd the tunnel's public key, from root's folder, and frees the port where a dead session still holds it",
  'AuthorizedKeysCommand none': 'nobody else tells sshd a key',
  AuthorizedKeysCommandUser: 'that text runs as the account of the tunnel, with no other rights',
  ChrootDirectory: 'one for everybody would keep the account out where its folders are not as sshd wants them',
  DisableForwarding: 'it may be switched on for everybody, and would end every forward',
  AllowTcpForwarding: 'the kind of forward that the tunnel is, and no other',
  GatewayPorts: 'sshd listens on the address that is asked for; without it on 127.0.0.1 whatever is asked for',
  PermitOpen: 'the one far service that the session may dial; at a jump host the next sshd on the way',
  'PermitOpen none': 'the session dials nothing',
  PermitListen: 'the one listener that the session may open',
  'PermitListen none': 'the session listens on nothing',
  ClientAliveInterval:
    'seconds until sshd asks a silent client whether it is there; it also keeps a NAT on the way from forgetting',
  ClientAliveCountMax: 'unanswered questions until sshd takes the client for dead, and frees its port',
  AllowAgentForwarding: 'a tunnel needs no agent',
  'AllowStreamLocalForwarding no': 'no forwards of unix sockets',
  'AllowStreamLocalForwarding local': 'the unix socket that PermitOpen names may be dialled',
  'AllowStreamLocalForwarding remote':
    'sshd may listen on a unix socket for it; nothing of sshd limits the path: any folder that the account may write',
  'AllowStreamLocalForwarding yes':
    'the unix socket that PermitOpen names may be dialled, and sshd may listen on one for it, in any folder that the account may write',
  StreamLocalBindMask: 'what nobody may do with the socket on which sshd listens; who connects needs to write',
  StreamLocalBindUnlink: "the file that a session has left, or whose client is gone, is in nobody's way",
  PermitTTY: 'a tunnel needs no terminal',
  PermitTunnel: 'no network devices (ssh -w)',
  PermitUserRC: 'nothing of the account runs at a login',
  X11Forwarding: 'a tunnel shows nothing',
  MaxSessions: 'no shell, command or file transfer in this login: forwards alone',
}

/** Of a host's own settings, for everybody. */
const ofEverybody: Reasons = {
  GatewayPorts: 'on which addresses a remote forward may listen, for everybody who logs in here',
  AllowTcpForwarding: 'which forwards those may open who log in here',
  ClientAliveInterval:
    'seconds until sshd asks a silent client whether it is there; shorter than the memory of every NAT on the way',
  ClientAliveCountMax: 'unanswered questions until sshd takes a client for dead',
  MaxStartups:
    'how many may be about to log in at once; beyond that sshd drops connections: many tunnels come back together after a reboot',
  MaxSessions: 'how many shells, commands and transfers one login may hold',
  PermitRootLogin: 'whether and how root may log in',
  PasswordAuthentication: 'whether a password opens a login; tunnels use keys alone',
  LogLevel: 'how much sshd says in the journal',
  UseDNS: 'whether sshd asks for the name of each client, which takes time where nobody answers',
  PerSourcePenalties: 'for how long sshd refuses an address after failed logins',
  Match: 'one of the users who are let in (allowUsers)',
  AllowUsers: 'in the block it stands in place of the list for everybody, for this user alone',
}

/** Comments and the mark are left out: they are reasons themselves. */
const linesOf = (text: string) => text.split('\n').filter(line => line.trim() !== '' && !/^\s*#/.test(line))

/** A long program text is shown by its ends. */
const shorten = (line: string) => line.replace(/ -c '.*' (?=newer )/, " -c '...' ")

/** Of a drop-in, for whom it is: an account, or `*`. */
export function explainDropIn(text: string, user: string): Line[] {
  if (user !== '*') return giveReasons(linesOf(text).map(shorten), ofTunnel, page)
  return linesOf(text).flatMap(line => {
    const word = line.trim().split(' ')[0] ?? ''
    const isOwn = [...ownSettings.map(keywordOf), 'Match', 'AllowUsers'].includes(word)
    return isOwn ? giveReasons([line], ofEverybody, page) : [{ text: line, why: 'declared under extra', page }]
  })
}
