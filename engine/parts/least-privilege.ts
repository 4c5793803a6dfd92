// What a tunnel's account may do on the server, said twice: to sshd for the account, and in authorized_keys for its key.

export interface Permission {
  readonly allowTcpForwarding: string
  readonly gatewayPorts: string
  readonly permitOpen: readonly string[]
  readonly permitListen: readonly string[]
  /** Seconds. */
  readonly clientAliveInterval: number
  readonly clientAliveCountMax: number
}

/** The options before the key, see sshd(8), AUTHORIZED_KEYS FILE FORMAT; restrict alone would refuse every forward. */
export function authorizedOptions(forward: 'local' | 'remote', listen: string, far: string): string {
  const permit = forward === 'remote' ? `permitlisten="${listen}"` : `permitopen="${far}"`
  return `restrict,port-forwarding,${permit},command="/bin/false"`
}

/** A Match block, see sshd_config(5); inside a drop-in it does not leak into later files (tried with 9.2p1). */
export function matchText(account: string, authorizedKeys: string, permission: Permission): string {
  return `Match User ${account}
    # A global AllowUsers or AllowGroups would keep the account out.
    AllowUsers ${account}
    AllowGroups ${account}
    AuthenticationMethods publickey
    PubkeyAuthentication yes
    AuthorizedKeysFile ${authorizedKeys}
    DisableForwarding no
    AllowTcpForwarding ${permission.allowTcpForwarding}
    GatewayPorts ${permission.gatewayPorts}
    # Several values stand on one line: a second line would be ignored.
    PermitOpen ${permission.permitOpen.join(' ')}
    PermitListen ${permission.permitListen.join(' ')}
    ClientAliveInterval ${permission.clientAliveInterval}
    ClientAliveCountMax ${permission.clientAliveCountMax}
    AllowAgentForwarding no
    AllowStreamLocalForwarding no
    PermitTTY no
    PermitTunnel no
    PermitUserRC no
    X11Forwarding no
    MaxSessions 0
`
}
