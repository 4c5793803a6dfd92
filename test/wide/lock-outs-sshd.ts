// Lock-outs by a host's own settings of sshd, those of `extra` too.
import { asAdmin, extra, type LockOut, tellSshd } from './lock-out'

const who: readonly LockOut[] = [
  { group: 'who may log in', name: 'allowUsers: nobody', host: { sshd: { allowUsers: ['nobody'] } } },
  extra('who may log in', 'AllowUsers nobody', { AllowUsers: 'nobody' }),
  extra('who may log in', 'AllowGroups nobody', { AllowGroups: 'nobody' }),
  extra('who may log in', 'DenyUsers root', { DenyUsers: 'root' }),
  extra('who may log in', 'DenyUsers by address', { DenyUsers: '*@192.0.2.0/24' }),
  extra('who may log in', 'DenyGroups *', { DenyGroups: '*' }),
  extra('who may log in', 'DenyUsers of an administrator', {}, asAdmin({ extra: { DenyUsers: 'admin' } })),
  extra('who may log in', 'AllowGroups root, of an administrator', {}, asAdmin({ extra: { AllowGroups: 'root' } })),
  { group: 'who may log in', name: 'PermitRootLogin no', host: { sshd: { permitRootLogin: 'no' } } },
  {
    group: 'who may log in',
    name: 'PermitRootLogin forced-commands-only',
    host: { sshd: { permitRootLogin: 'forced-commands-only' } },
  },
  extra('who may log in', 'PermitRootLogin no by extra', { permitrootlogin: 'no' }),
  extra(
    'who may log in',
    'UsePAM no, of an administrator without a password',
    {},
    asAdmin({ extra: { UsePAM: 'no' } }),
  ),
  extra(
    'who may log in',
    'UsePAM yes with a broken stack',
    { UsePAM: 'yes' },
    {
      before: `printf 'UsePAM no\\n' >/etc/ssh/sshd_config.d/00-no-pam.conf; ${tellSshd}
      cp -p /etc/pam.d/sshd /root/pam-sshd; usermod -p '*' admin; printf 'account required pam_deny.so\\n' >/etc/pam.d/sshd`,
      after: `usermod -p '!' admin; rm /etc/ssh/sshd_config.d/00-no-pam.conf; mv /root/pam-sshd /etc/pam.d/sshd; ${tellSshd}`,
    },
  ),
]

const methods: readonly LockOut[] = [
  extra('by what', 'PubkeyAuthentication no', { PubkeyAuthentication: 'no' }),
  extra('by what', 'AuthorizedKeysFile elsewhere', { AuthorizedKeysFile: '/etc/ssh/keys/%u' }),
  extra('by what', 'AuthorizedKeysFile none', { AuthorizedKeysFile: 'none' }),
  extra('by what', 'AuthorizedKeysCommand in its place', {
    AuthorizedKeysFile: 'none',
    AuthorizedKeysCommand: '/bin/false',
    AuthorizedKeysCommandUser: 'nobody',
  }),
  extra('by what', 'AuthenticationMethods password', { AuthenticationMethods: 'password' }),
  extra('by what', 'AuthenticationMethods of two', { AuthenticationMethods: 'publickey,password' }),
  extra('by what', 'RevokedKeys that is not there', { RevokedKeys: '/nowhere' }),
  extra('by what', 'RevokedKeys with our key', { RevokedKeys: '/root/.ssh/authorized_keys' }),
  extra(
    'by what',
    'StrictModes yes over open folders',
    { StrictModes: 'yes' },
    {
      before: `chmod 777 /root/.ssh; printf "StrictModes no\\n" >/etc/ssh/sshd_config.d/00-loose.conf; ${tellSshd}`,
      after: `chmod 700 /root/.ssh; rm /etc/ssh/sshd_config.d/00-loose.conf; ${tellSshd}`,
    },
  ),
  extra('by what', 'PubkeyAcceptedAlgorithms without ours', { PubkeyAcceptedAlgorithms: 'ecdsa-sha2-nistp521' }),
  extra('by what', 'Match block', { Match: 'all' }),
  extra('by what', 'Include of a file', { Include: '/etc/ssh/other' }),
]

const programs: readonly LockOut[] = [
  extra('what runs then', 'ForceCommand /bin/false', { ForceCommand: '/bin/false' }),
  extra('what runs then', 'ForceCommand internal-sftp', { ForceCommand: 'internal-sftp' }),
  extra('what runs then', 'ForceCommand that never ends', { ForceCommand: 'exec sleep 600' }),
  extra('what runs then', 'ChrootDirectory without a shell', { ChrootDirectory: '/run' }),
  extra('what runs then', 'ChrootDirectory that is not there', { ChrootDirectory: '/nowhere' }),
  extra('what runs then', 'SetEnv PATH', { SetEnv: 'PATH=/nowhere' }),
  extra('what runs then', 'SetEnv LD_PRELOAD and BASH_ENV', { SetEnv: 'LD_PRELOAD=/nowhere.so BASH_ENV=/nowhere' }),
  extra(
    'what runs then',
    'PermitUserEnvironment over a broken file',
    { PermitUserEnvironment: 'yes' },
    {
      before: 'printf "PATH=/nowhere\\nENV=/nowhere\\n" >/root/.ssh/environment',
      after: 'rm /root/.ssh/environment',
    },
  ),
  extra('what runs then', 'Banner that never ends', { Banner: '/dev/zero' }),
  extra(
    'what runs then',
    'Banner from a pipe that nobody writes',
    { Banner: '/etc/ssh/banner' },
    {
      before: 'mkfifo /etc/ssh/banner',
      after: 'rm /etc/ssh/banner',
    },
  ),
]

const encryption: readonly LockOut[] = [
  extra('encryption', 'KexAlgorithms without ours', { KexAlgorithms: 'sntrup761x25519-sha512@openssh.com' }),
  extra('encryption', 'Ciphers without ours', { Ciphers: 'aes128-cbc' }),
  extra('encryption', 'MACs without ours', { Ciphers: 'aes128-ctr', MACs: 'umac-64@openssh.com' }),
  extra('encryption', 'HostKeyAlgorithms without the known one', { HostKeyAlgorithms: 'rsa-sha2-512' }),
  extra('encryption', 'HostKey gone', { HostKey: '/nowhere' }),
  extra('encryption', 'Ciphers that nobody knows', { Ciphers: 'none-such' }),
  extra('encryption', 'RekeyLimit of some bytes', { RekeyLimit: '16' }),
]

const connections: readonly LockOut[] = [
  extra('connections', 'Port', { Port: '2222' }),
  extra('connections', 'ListenAddress gone', { ListenAddress: '127.0.0.1' }),
  extra('connections', 'AddressFamily inet6', { AddressFamily: 'inet6' }),
  {
    group: 'connections',
    name: 'MaxStartups 1, with somebody who does not log in',
    host: { sshd: { maxStartups: '1:100:1' } },
    meanwhile: () =>
      `bash -c 'exec 5<>/dev/tcp/127.0.0.1/22; while ls /var/lib/ssh-tunnels/undo-*/armed; do sleep 0.2; done' >/dev/null 2>&1`,
  },
  extra('connections', 'MaxSessions 0 by extra', { MaxSessions: '0' }),
  extra('connections', 'LoginGraceTime 1', { LoginGraceTime: '1' }),
  extra('connections', 'PerSourceMaxStartups 0', { PerSourceMaxStartups: '0' }),
  {
    group: 'connections',
    name: 'perSourcePenalties for every connection',
    host: { sshd: { perSourcePenalties: 'noauth:600 authfail:600 grace-exceeded:600 min:1' } },
  },
  extra('connections', 'RefuseConnection yes', { RefuseConnection: 'yes' }),
  extra('connections', 'SshdSessionPath /bin/false', { SshdSessionPath: '/bin/false' }),
  extra('connections', 'SshdAuthPath that is not there', { SshdAuthPath: '/nowhere' }),
  extra('connections', 'PidFile elsewhere', { PidFile: '/nowhere/sshd.pid' }),
]

export const ofSshd: readonly LockOut[] = [...who, ...methods, ...programs, ...encryption, ...connections]
