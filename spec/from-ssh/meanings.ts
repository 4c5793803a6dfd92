// What each option of a line means for a tunnel of ours: stands in the spec, is done anyway, is a right that goes, or cannot be had.

export interface Meaning {
  /**
   * kept: it stands in the spec. ours: our service does this in its own way. taken: a right of today that a tunnel of ours does not have. lost: what
   * it changes, a tunnel of ours does not. unknown: nobody here knows it.
   */
  readonly kind: 'kept' | 'ours' | 'taken' | 'lost' | 'unknown'
  readonly says: string
}

const kept = (says: string): Meaning => ({ kind: 'kept', says })
const ours = (says: string): Meaning => ({ kind: 'ours', says })
const taken = (says: string): Meaning => ({ kind: 'taken', says })
const lost = (says: string): Meaning => ({ kind: 'lost', says })

const algorithms = lost("the client host's own defaults hold")
const login = ours('the tunnel has a key of its own, and logs in by nothing else')
const isNo = (value: string) => /^(no|none|false)$/i.test(value)
const unless = (value: string, meaning: Meaning, says: string): Meaning => (isNo(value) ? ours(says) : meaning)

const unread = (says: string): Meaning => ({ kind: 'unknown', says })

/** By keyword, in lower case. */
const meanings: Readonly<Record<string, Meaning | ((value: string) => Meaning)>> = {
  localforward: kept('a tunnel with forward: local'),
  remoteforward: kept('a tunnel with forward: remote'),
  dynamicforward: kept('a tunnel with forward: dynamic'),
  hostname: kept("the server's address"),
  user: kept(
    "the administrator's login in the spec; the tunnel itself logs in as an account of its own, which has no shell",
  ),
  port: kept("the server's port"),
  identityfile: kept(
    "the administrator's key in the spec; the tunnel gets one of its own, which opens this tunnel alone",
  ),
  proxyjump: kept('via'),
  proxycommand: value =>
    isNo(value)
      ? ours('the way is direct')
      : lost("the tunnel's own ssh goes there directly: proxyCommand of a host is for the administrator's login"),
  userknownhostsfile: kept('knownHosts'),
  serveraliveinterval: kept('serverAlive: interval'),
  serveralivecountmax: kept('serverAlive: countMax'),
  gatewayports: kept('the listener of a forward without an address'),
  sessiontype: value =>
    value.toLowerCase() === 'none' ? ours('a tunnel of ours never has a shell') : taken('a subsystem of the server'),
  exitonforwardfailure: ours('always yes: a tunnel that cannot listen is tried again'),
  batchmode: ours('always yes'),
  forkafterauthentication: ours('systemd keeps the service in the background'),
  stdinnull: ours('a service has no standard input'),
  requesttty: value => unless(value, taken('a terminal on the server'), 'a tunnel of ours never has a terminal'),
  tcpkeepalive: ours('always yes, beside ServerAliveInterval'),
  stricthostkeychecking: value =>
    /^yes$/i.test(value)
      ? ours('always yes')
      : taken('a host key that nobody has looked at: ours is pinned, and another one ends the tunnel'),
  checkhostip: ours('the host key is pinned'),
  updatehostkeys: ours('the host key is pinned'),
  hashknownhosts: ours('the host key is pinned'),
  globalknownhostsfile: ours('the host key is pinned'),
  verifyhostkeydns: ours('the host key is pinned'),
  hostkeyalias: lost(
    "the tunnel's ssh has the key pinned by address and port: hostKeyAlias of a host is for the administrator's login",
  ),
  nohostauthenticationforlocalhost: taken('a server that nobody has checked: its key is pinned, also on this machine'),
  connecttimeout: ours('the service has one of its own'),
  connectionattempts: ours('the service tries for ever'),
  identitiesonly: ours('always yes'),
  identityagent: login,
  addkeystoagent: login,
  certificatefile: lost('a tunnel logs in by a key, not by a certificate'),
  passwordauthentication: value => unless(value, taken('a password as login'), 'never'),
  kbdinteractiveauthentication: value => unless(value, taken('a password as login'), 'never'),
  challengeresponseauthentication: value => unless(value, taken('a password as login'), 'never'),
  numberofpasswordprompts: login,
  pubkeyauthentication: login,
  preferredauthentications: login,
  hostbasedauthentication: login,
  gssapiauthentication: login,
  gssapidelegatecredentials: value => unless(value, taken('Kerberos credentials on the server'), 'never'),
  pkcs11provider: lost('a key in a token: the tunnel has a key of its own in a file'),
  securitykeyprovider: lost('a key in a token: the tunnel has a key of its own in a file'),
  forwardagent: value =>
    unless(value, taken("the agent's keys, which root of the server can use as long as this runs"), 'never'),
  forwardx11: value => unless(value, taken('the X11 display, which the server can read and type into'), 'never'),
  forwardx11trusted: value => unless(value, taken('the X11 display, which the server can read and type into'), 'never'),
  forwardx11timeout: ours('X11 is never forwarded'),
  tunnel: value => unless(value, taken('a network device between both ends'), 'never'),
  tunneldevice: taken('a network device between both ends'),
  permitlocalcommand: value => unless(value, lost('nothing is run beside the tunnel'), 'never'),
  localcommand: lost('nothing is run beside the tunnel'),
  remotecommand: value => unless(value, taken('a command on the server'), 'never'),
  sendenv: taken('variables of the client that the server gets'),
  setenv: taken('variables of the client that the server gets'),
  controlmaster: ours('each tunnel has a connection of its own'),
  controlpath: ours('each tunnel has a connection of its own'),
  controlpersist: ours('each tunnel has a connection of its own'),
  loglevel: ours('the journal of the service holds what ssh says'),
  logverbose: ours('the journal of the service holds what ssh says'),
  syslog: ours('the journal of the service holds what ssh says'),
  syslogfacility: ours('the journal of the service holds what ssh says'),
  escapechar: ours('a service has no standard input'),
  enableescapecommandline: ours('a service has no standard input'),
  compression: value => unless(value, lost('a tunnel of ours does not compress'), 'never'),
  ciphers: algorithms,
  macs: algorithms,
  kexalgorithms: algorithms,
  hostkeyalgorithms: algorithms,
  pubkeyacceptedalgorithms: algorithms,
  pubkeyacceptedkeytypes: algorithms,
  casignaturealgorithms: algorithms,
  rekeylimit: lost("ssh's own default holds"),
  ipqos: lost("ssh's own default holds"),
  addressfamily: lost('write an IP address where the family matters'),
  bindaddress: lost("the client's routes decide from which address it goes out"),
  bindinterface: lost("the client's routes decide from which address it goes out"),
  streamlocalbindmask: kept('socketMode, of a tunnel that listens on a socket of its client'),
  streamlocalbindunlink: ours('always yes: a socket that a killed one has left is in nobody’s way'),
  clearallforwardings: value => unless(value, lost('with it ssh forwards nothing'), 'nothing is cleared'),
  canonicalizehostname: lost('names are looked up as they stand in the spec'),
  visualhostkey: ours('the host key is pinned'),
  tag: lost('a spec has no tags'),
  match: unread('whether it holds only ssh itself can tell: ssh -G HOST'),
  include: unread('what it names was not read'),
  protocol: ours('SSH 2 is the only one'),
  '-configfile': value =>
    isNo(value) ? ours('the service reads no ssh_config') : unread('was not read: read it with --config FILE HOST'),
  '-logfile': ours('the journal of the service holds what ssh says'),
  '-stdioforward': lost('-W listens nowhere: it joins its own standard input with far'),
}

export function meaningOf(keyword: string, value: string): Meaning {
  const found = Object.hasOwn(meanings, keyword) ? meanings[keyword] : undefined
  if (found === undefined) return { kind: 'unknown', says: 'not known here: look it up in ssh_config(5)' }
  return typeof found === 'function' ? found(value) : found
}

/** What autossh's own words mean: its -M and -f, and variables of its. */
export function meaningAround(written: string): Meaning {
  if (written === '-M' || written === 'AUTOSSH_PORT')
    return ours('no ports for watching: ServerAliveInterval ends a dead connection, and the service begins a new one')
  if (written === '-f') return ours('systemd keeps the service in the background')
  if (/^AUTOSSH_/.test(written)) return ours('the service tries for ever, in steps of at most a minute')
  return { kind: 'unknown', says: 'not known here: look it up in autossh(1)' }
}

/** What runs the command, as sudo and nohup. */
export function meaningBefore(written: string): Meaning {
  if (written === '***' || written === 'sshpass') return taken('a password as login')
  return ours('systemd runs the service, as an account of its own')
}

export const meaningBeside = unread('was not read: what it sets holds over what stands in the unit')
