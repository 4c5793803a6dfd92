// A setting of ssh, from wherever it came: a flag, -o, a line of ssh_config, or what `ssh -G` prints. All become keywords of ssh_config(5).
import type { Place } from './source'

export interface Setting {
  /** In lower case, which is how OpenSSH compares them. */
  readonly keyword: string
  readonly value: string
  /** As its author wrote it: `-L`, `-o LocalForward`, `LocalForward`. */
  readonly written: string
  /** Of the value. */
  readonly place: Place
}

/** Flags without a value, and what they stand for (ssh(1), ssh.c). */
const switches: Readonly<Record<string, readonly [keyword: string, value: string]>> = {
  4: ['addressfamily', 'inet'],
  6: ['addressfamily', 'inet6'],
  1: ['protocol', '1'],
  2: ['protocol', '2'],
  A: ['forwardagent', 'yes'],
  a: ['forwardagent', 'no'],
  C: ['compression', 'yes'],
  f: ['forkafterauthentication', 'yes'],
  g: ['gatewayports', 'yes'],
  // Of the two that it sets the one that matters.
  K: ['gssapidelegatecredentials', 'yes'],
  k: ['gssapidelegatecredentials', 'no'],
  M: ['controlmaster', 'yes'],
  N: ['sessiontype', 'none'],
  n: ['stdinnull', 'yes'],
  q: ['loglevel', 'QUIET'],
  s: ['sessiontype', 'subsystem'],
  T: ['requesttty', 'no'],
  t: ['requesttty', 'yes'],
  v: ['loglevel', 'DEBUG'],
  X: ['forwardx11', 'yes'],
  x: ['forwardx11', 'no'],
  Y: ['forwardx11trusted', 'yes'],
  y: ['syslog', 'yes'],
}

/** Flags with a value. Those that begin with a hyphen have no keyword in ssh_config(5). */
const valued: Readonly<Record<string, string>> = {
  B: 'bindinterface',
  b: 'bindaddress',
  c: 'ciphers',
  D: 'dynamicforward',
  E: '-logfile',
  e: 'escapechar',
  F: '-configfile',
  I: 'pkcs11provider',
  i: 'identityfile',
  J: 'proxyjump',
  L: 'localforward',
  l: 'user',
  m: 'macs',
  o: '-option',
  P: 'tag',
  p: 'port',
  R: 'remoteforward',
  S: 'controlpath',
  W: '-stdioforward',
  w: 'tunneldevice',
}

/** Flags with which ssh does something else than to connect. */
export const errands: Readonly<Record<string, string>> = {
  G: 'prints its configuration',
  O: 'talks to a connection that stands already',
  Q: 'lists what it can do',
  V: 'prints its version',
}

export const switchOf = (letter: string) => (Object.hasOwn(switches, letter) ? switches[letter] : undefined)
export const valuedOf = (letter: string) => (Object.hasOwn(valued, letter) ? valued[letter] : undefined)

/** Those of which each line counts; of all others the first (ssh_config(5)). */
export const many: readonly string[] = [
  ...['localforward', 'remoteforward', 'dynamicforward', 'identityfile', 'certificatefile', 'sendenv'],
  // Lines of a configuration that could not be decided or read: each is told.
  ...['match', 'include'],
]
