// Every code that a fault can have, with what it means and what to do: docs/faults.md is made from this. The fault itself says more.

interface Meaning {
  /** What could not be done, or is not so. */
  readonly says: string
  /** What to do. */
  readonly cure: string
}

export const faultCodes = {
  // reaching a host
  'host-without-address': {
    says: 'A host has no address to reach it at.',
    cure: 'Give it `address`, or `local: true` if it is this machine.',
  },
  'host-unreachable': {
    says: 'No TCP connection to the sshd of a host or of a jump host comes about.',
    cure: 'Check address and port, that the host is up, and the firewalls on the way.',
  },
  'proxy-command-failed': {
    says: 'The `proxyCommand` that should make the connection to a host or a jump host has ended.',
    cure: 'Run it in a shell of this machine: the host’s sshd must answer there.',
  },
  'name-unresolved': {
    says: 'The name of a host or of a jump host leads to no address.',
    cure: 'Check its spelling and the name service here, or use an IP address.',
  },
  'connection-dropped': {
    says: 'The host takes connections and drops them before the login, several times in a row.',
    cure: 'See the log of its sshd: too many at once have not logged in yet (MaxStartups), or something before it drops them.',
  },
  'connection-not-allowed': {
    says: 'sshd (9.8 or later) says “Not allowed at this time”: it keeps our address out, or too many log in at once.',
    cure: 'See its log: wait 15 s to 10 min and mend what fails to log in from here (PerSourcePenalties), or try again (MaxStartups).',
  },
  'handshake-failed': {
    says: 'Host and tool have no way to encrypt in common.',
    cure: 'Compare kexalgorithms, ciphers, macs and hostkeyalgorithms of `sshd -T` with the defaults of OpenSSH.',
  },
  'ssh-config-unreadable': {
    says: '`sshConfig` is set, and ssh does not tell what its configuration says: it is not there, or cannot read a line.',
    cure: 'Install OpenSSH’s client here, or mend the line that the error names.',
  },
  'ssh-config-not-followed': {
    says: '`sshConfig` is set, and ssh’s configuration says something for that host that would decide by which way or by which trust we log in, and that is not followed here.',
    cure: 'Leave it out for that host in ssh’s configuration, or leave `sshConfig` out.',
  },
  'ssh-config-differs': {
    says: '`sshConfig` is set, and ssh’s configuration has another port or user than what is declared.',
    cure: 'Declare the same port and user: plans and tunnels go by what is declared.',
  },
  'known-hosts-unreadable': {
    says: 'The known_hosts file cannot be read.',
    cure: 'Make it readable, or set `hostKey`.',
  },
  'host-key-unknown': {
    says: 'Nothing says which host key the host should have.',
    cure: 'Ask the host on its console (ssh-keygen -lf), and set `hostKey` if it is the same.',
  },
  'host-key-mismatch': {
    says: 'The host shows another key than it should.',
    cure: 'Ask the host on its console; set the new `hostKey` only if it confirms it.',
  },
  'host-key-revoked': {
    says: 'known_hosts revokes the key that the host shows.',
    cure: 'Give the host a new key, and set `hostKey`.',
  },
  'host-certificate-refused': {
    says: 'known_hosts names an authority for the host (@cert-authority), and ssh does not take the certificate that the host shows.',
    cure: 'Have the authority sign the host’s key for the name that it is reached by, or set `hostKey`.',
  },
  'host-key-unsupported': {
    says: 'The pinned host key is of a type that is not used any more.',
    cure: 'Pin another of the host’s keys, best ssh-ed25519.',
  },
  'identity-file-missing': {
    says: 'The private key that `identityFile` names does not exist.',
    cure: 'Name an existing one, or leave it out to use the agent and ssh’s default files.',
  },
  'identity-file-unreadable': {
    says: 'The private key cannot be read.',
    cure: 'Make it readable for the user who runs this.',
  },
  'identity-file-exposed': {
    says: 'Others than you may read the private key: ssh does not log in with such a one.',
    cure: '`chmod 600` it.',
  },
  'identity-file-encrypted': {
    says: 'The private key is protected by a passphrase, or in a token, and the agent does not hold it.',
    cure: 'Load it into the agent (ssh-add): by the same `identityFile` it is found there.',
  },
  'identity-file-invalid': {
    says: 'The file is no private key, nor the public half of one that the agent holds.',
    cure: 'Name a private key in OpenSSH or PEM form.',
  },
  'certificate-invalid': {
    says: 'The file that `certificateFile` names is no certificate of a user, does not hold now, or is about another key than those that there are.',
    cure: 'Have its authority sign your key again; `ssh-keygen -Lf FILE` tells what it is.',
  },
  'agent-missing': {
    says: 'No `identityFile` is set, no agent answers, and none of ssh’s default files can be used.',
    cure: 'Start an agent and load a key (ssh-add), or set `identityFile`.',
  },
  'agent-empty': {
    says: 'No `identityFile` is set, the agent holds no usable key, and none of ssh’s default files can be used.',
    cure: 'Load one (ssh-add), or set `identityFile`.',
  },
  'login-refused': {
    says: 'The host does not take the keys that were offered.',
    cure: 'Put the public key into the user’s authorized_keys, and see AllowUsers and PubkeyAuthentication in its sshd_config.',
  },
  'session-refused': {
    says: 'The host lets us log in, but opens no session.',
    cure: 'See MaxSessions in its sshd_config.',
  },
  'program-not-started': {
    says: 'The user may log in, but runs no programs.',
    cure: 'Give it a shell, and no ForceCommand or command= in authorized_keys.',
  },
  'become-password-missing': {
    says: '`becomePasswordEnv` names an environment variable that is not set, and nobody could be asked.',
    cure: 'Set it where the tool runs.',
  },
  'become-refused': {
    says: 'sudo or doas refuses, or wants a password.',
    cure: 'Let the user become root without a password, or name the variable that holds it in `becomePasswordEnv`.',
  },
  'not-root': {
    says: 'The user is not root, and no `become` is set: where sshd, accounts or the firewall are changed, or what a client without root is asked for is root’s there (a port below 1024, a socket, allowFrom).',
    cure: 'Set `become: sudo` or `doas`, or log in as root.',
  },
  'connection-lost': {
    says: 'The connection ended before the answer came.',
    cure: 'Run the same again: it looks first, and does what is missing.',
  },
  'too-much-output': {
    says: 'A program of ours on the host printed without end, and was let go.',
    cure: 'See what prints there, as a start-up file of the login shell; then run the same again.',
  },
  'took-too-long': {
    says: 'A program on a host had not ended when its time was over, and was ended there; files that belong together were put back.',
    cure: 'See what hangs on the host; then run the same again: it looks first, and does what is missing.',
  },
  'dial-failed': {
    says: 'A host cannot connect to an address for us.',
    cure: 'Check that the service listens there, and that no firewall drops the connection.',
  },
  'dial-prohibited': {
    says: 'The host’s sshd does not let our login connect onward.',
    cure: 'See AllowTcpForwarding, PermitOpen and DisableForwarding there, for that user.',
  },
  'nul-in-argument': {
    says: 'An argument of a program holds a NUL character.',
    cure: 'This is a defect of the tool: report it.',
  },
  // what is there
  'look-failed': { says: 'What is on the host cannot be read.', cure: 'See what the program that reads it said.' },
  'missing-program': { says: 'The host lacks programs that are needed.', cure: 'Install them.' },
  'no-supervisor': {
    says: 'The client does not run what its supervisor names (systemd, OpenRC, sysvinit); or it is without root, and has no systemd, or none that keeps what its user runs when he is not logged in (lingering); or watch is asked for on a host without systemd.',
    cure: 'Leave supervisor out: then what runs the host is taken. For lingering, have root say there: loginctl enable-linger USER. For watch, let a host that runs systemd prove.',
  },
  'name-taken': {
    says: 'What would be made is there already, and belongs to somebody else or to another owner.',
    cure: 'Give the tunnel another name, or set `owner` if it is the same tunnel.',
  },
  'would-take-over': {
    says: 'What would be made stands there already, of the same owner but with other arguments, and is not in this state: another configuration may have made it.',
    cure: 'Give it another name or `owner`; or import it; or set `adopt` to take it over, which `create_before_destroy` needs too.',
  },
  'one-machine': {
    says: 'Two hosts of a tunnel are one machine.',
    cure: 'Declare it as one host with one login, and name that on both sides.',
  },
  'no-host-key': {
    says: 'The server’s own host key cannot be read, so that the client could not check whom it talks to.',
    cure: 'See that sshd runs there and has host keys (ssh-keygen -A).',
  },
  'sshd-config-invalid': {
    says: 'sshd’s configuration does not validate (`sshd -t`) as it stands.',
    cure: 'Mend it first.',
  },
  'sshd-no-include': {
    says: 'sshd is too old to read a file of ours: it takes no Include.',
    cure: 'Install OpenSSH 8.2 or later.',
  },
  'sshd-refuses': {
    says: 'The sshd of a host does not know a setting of the host’s own, or does not take its value.',
    cure: 'Leave it out, mend its value, or install a newer OpenSSH (PerSourcePenalties needs 9.8).',
  },
  'sshd-denies': {
    says: 'A setting of sshd or PAM, or a nologin file, keeps the tunnel’s account or a user of `allowUsers` out, or sshd does not listen on the port that the client dials.',
    cure: 'Change what the error names (DenyUsers or DenyGroups of a Match block, PubkeyAcceptedAlgorithms, /etc/nologin, access.conf, ListenAddress).',
  },
  'locks-out': {
    says: 'What is declared would keep out the login that declares it: a setting of sshd, by what the host’s own sshd makes of it, or a rule of ours that drops its connection. Nothing was touched.',
    cure: 'Let the setting that the error names spare that login, or leave it out.',
  },
  'sshd-unknown': {
    says: 'Nobody can tell beforehand whether sshd or PAM lets the tunnel’s account in: a Match block that denies may be about it, or a line of pam_access is about a netgroup, a name or a terminal, or is read by another separator.',
    cure: 'Let the line that the warning names spare the account; where the tunnel answers, nothing has to be done.',
  },
  'sshd-overruled': {
    says: 'Somebody else’s line in sshd’s configuration wins over ours.',
    cure: 'Take that line away, or let it not match the tunnel’s account.',
  },
  'no-such-address': { says: 'The listening host has no such address.', cure: 'Listen on one that it has, or on `*`.' },
  'path-taken': {
    says: 'Something that is not this tunnel’s is where it is to make its unix socket.',
    cure: 'Listen on another path, or move that away.',
  },
  'socket-folder': {
    says: 'The folder for the unix socket is not there, or the tunnel’s account may not write in it.',
    cure: 'Listen in `/var/lib/ssh-tunnels-sockets/NAME`, which a deploy makes; or make the folder, for the account to write.',
  },
  'far-closed': {
    says: 'Far is a unix socket to which the tunnel’s account may not write on the host that dials it.',
    cure: 'Let it in by the service’s own setting for its socket, or by its group.',
  },
  'port-taken': { says: 'Another program listens on the port.', cure: 'Choose another port, or stop that program.' },
  'privileged-port': {
    says: 'The kernel of the listening host keeps the port for root, and the tunnel listens as its own account.',
    cure: 'Listen on a port from net.ipv4.ip_unprivileged_port_start on, or set that lower there.',
  },
  'clock-wrong': {
    says: 'The clock of a host is more than a minute off.',
    cure: 'Set it, and let something keep it, as systemd-timesyncd or chrony.',
  },
  'needs-nft': {
    says: 'The listening host has no nft, or one that cannot do it: a port below 1024 of a remote forward is redirected by nftables, and limits are rules of its.',
    cure: 'Install nftables there, which stands beside whatever firewall is there; or listen on a port from 1024, and leave the limits out.',
  },
  'table-changed': {
    says: 'The table of our own that redirects the port, or that limits what comes through it, is not there or has other rules.',
    cure: 'Deploy.',
  },
  'firewall-unknown': {
    says: 'Nobody can tell what the firewall lets in.',
    cure: 'Install the program that the error names (nft, iptables-legacy), or listen on a loopback address.',
  },
  'firewall-manager': {
    says: 'The firewall’s rules are made by a program too old to work with (firewalld before 0.9, or with its backend iptables), or by another than the one that is named as `manager`.',
    cure: 'Use a newer one there, or listen on a loopback address; name the one that the error tells, or nobody.',
  },
  'firewall-not-kept': {
    says: 'Ports are closed by rules that no file which is loaded at boot keeps (nftables.conf, rules.v4), so that an opening would not survive a reboot.',
    cure: 'Keep the rules in /etc/nftables.conf, or with iptables-persistent.',
  },
  'firewall-closed': {
    says: 'The port is closed, or led elsewhere, where no rule of ours can open it: at ingress, before routing (NAT too), or on the way out.',
    cure: 'Take away the rule that the error names, or let it spare the port.',
  },
  'allow-from-unenforced': {
    says: 'Nothing on the host keeps others out than those in `allowFrom`, and it has no nft to make what does.',
    cure: 'Install nftables there, or leave `allowFrom` out.',
  },
  // changing it
  'step-failed': {
    says: 'A step on a host failed; what belongs together was put back.',
    cure: 'See what the program said.',
  },
  'not-converged': {
    says: 'All steps were done, and yet something is not as it should be.',
    cure: 'See who else sets that on the host.',
  },
  'not-replaced': {
    says: 'What runs by hand in the place of a tunnel could not be stopped or not be started again, or nobody could start it again.',
    cure: 'Do what the error says; what was stopped the host starts again by itself.',
  },
  'not-undone': {
    says: 'It failed, and taking back what was begun failed too.',
    cure: 'Deploy again once that is mended: it goes on from what is there.',
  },
  'cannot-undo': {
    says: 'The host could not undo a change of sshd or the firewall by itself: where it would keep what was before nothing can be written, or nobody there waits to undo it. Nothing was changed.',
    cure: 'Mend what the error names; `ssh-tunnels guard test HOST SPEC` rehearses it.',
  },
  'host-busy': {
    says: 'Another run has been changing the host all the while, so this one was not begun there, or could show nothing.',
    cure: 'Run it again when that one has ended.',
  },
  undone: {
    says: 'After a change of sshd or the firewall nobody could log in to the host afresh, so it has put that back by itself.',
    cure: 'Let the change spare the login that is used: its user, its address, its port.',
  },
  'carries-login': {
    says: 'A host is reached through the very tunnel that would go, so that nobody could log in there any more.',
    cure: 'Reach the host by another way first.',
  },
  'undoing-unknown': {
    says: 'After a change nobody could log in to the host any more, not even when its time to undo the change was over.',
    cure: 'See the host’s console; what the error names undoes it there.',
  },
  'drops-while-quiet': {
    says: 'The connection between client and server is forgotten on its way while nobody uses it: by a NAT or a firewall, sooner than its keepalive goes.',
    cure: 'Give the tunnel a shorter `serverAlive.interval`, or let what forgets it remember for longer.',
  },
  'large-packets-lost': {
    says: 'Small packets between client and server come through, and large ones do not: a path with a smaller MTU than it tells.',
    cure: 'Let ICMP “fragmentation needed” through, or set a smaller MTU on the interface (`ip link set dev eth0 mtu 1400`).',
  },
  'not-listening': { says: 'The tunnel’s ssh does not listen.', cure: 'See what ssh says.' },
  'waits-for-owner': {
    says: 'A side of the tunnel that is not ours (`managed: false`) has not done its part yet.',
    cure: '`ssh-tunnels handover SPEC TUNNEL` prints what its owner has to set; the tunnel comes up when he has.',
  },
  'forward-refused': {
    says: 'The sshd of a server that is not ours takes the login of the tunnel and refuses its forward.',
    cure: 'Have its owner allow it: `ssh-tunnels handover SPEC TUNNEL` prints the settings of sshd.',
  },
  'far-silent': {
    says: 'The tunnel listens, but the far service does not answer through it, nor the host that dials it.',
    cure: 'See that the service runs and speaks what `probe` says; `probe: warn` deploys with a warning, `probe: none` without the proof.',
  },
  'far-unreached': {
    says: 'The host that dials far gets no answer from there at all: far’s host is down, or something on the way drops the connection.',
    cure: 'See that far’s host is up, and the firewalls and routes between the two; the service itself may well run.',
  },
  'tunnel-blocked': {
    says: 'Far answers the host that dials it, but not through the tunnel.',
    cure: 'See what keeps the tunnel’s own account from far: a firewall rule for its uid, PermitOpen, a limit on the way between client and server.',
  },
  'port-blocked': {
    says: 'The listener leads to far when it is asked on its own host, but not from where the proof is taken.',
    cure: 'See the firewalls between the two, and that `allowFrom` lets that place in; `probeFrom` names another.',
  },
  stopped: { says: 'It was stopped (Ctrl-C) before this was done.', cure: 'Run the same again.' },
  skipped: { says: 'Something that comes first failed.', cure: 'Mend that first.' },
} as const satisfies Readonly<Record<string, Meaning>>

export type FaultCode = keyof typeof faultCodes
