// The settings of sshd that we ask about, and how `sshd -T` prints them. Pure.
import type { Sshd } from '../../schemas/types'

export type Setting = Exclude<keyof Sshd, 'dropIn' | 'dropInSha256'>
/** Those that sshd is asked about line by line, see sshd-own.ts. */
type OfLines = 'perSourcePenalties' | 'allowUsers' | 'extra' | 'extraInEffect'

/** `sshd -T` prints keywords in lower case and lists divided by spaces. */
export const readers: { [Key in Exclude<Setting, OfLines>]: (value: string) => NonNullable<Sshd[Key]> } = {
  allowTcpForwarding: String,
  gatewayPorts: String,
  permitOpen: value => value.split(' '),
  permitListen: value => value.split(' '),
  clientAliveInterval: Number,
  clientAliveCountMax: Number,
  maxStartups: String,
  maxSessions: Number,
  authorizedKeysFile: String,
  allowStreamLocalForwarding: String,
  streamLocalBindMask: String,
  streamLocalBindUnlink: String,
  permitTunnel: String,
  // Of two words for the same it prints the older one (9.2p1).
  permitRootLogin: value => (value === 'without-password' ? 'prohibit-password' : value),
  passwordAuthentication: String,
  logLevel: value => (value === 'SILENT' ? 'QUIET' : value === 'DEBUG1' ? 'DEBUG' : value),
  useDNS: String,
}
export const isPlain = (setting: Setting): setting is keyof typeof readers => setting in readers
