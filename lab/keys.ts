// The lab's SSH keys: the hosts', the controller's, and the files that let the controller's ssh use them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command'
import { hostFolder, hostsOfLab, keyFileOf, knownHostsOf, type LabState, sshConfigOf } from './state'
import { type AnyHost, spotOf } from './topology'

// No RSA key: it takes as long as everything else together.
export const keyTypes = ['ed25519', 'ecdsa'] as const

/** The keys last as long as the lab, so that a reset does not change what clients have pinned. */
export async function makeKeys(lab: LabState): Promise<void> {
  const generate = (file: string, type: string, comment: string) =>
    must(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', comment, '-f', file])
  await Promise.all([
    generate(keyFileOf(lab), 'ed25519', 'controller'),
    ...hostsOfLab(lab).flatMap(host => {
      mkdirSync(hostFolder(lab, host), { recursive: true })
      return keyTypes.map(type => generate(join(hostFolder(lab, host), `ssh_host_${type}_key`), type, `root@${host}`))
    }),
  ])
  const lines = hostsOfLab(lab).map(host => `${host},${spotOf(host).address} ${hostKeyOf(lab, host)}\n`)
  writeFileSync(knownHostsOf(lab), lines.join(''))
  writeFileSync(sshConfigOf(lab), sshConfig(lab))
}

/** As known_hosts and the spec's hostKey have it: type and key, no comment. */
export function hostKeyOf(lab: LabState, host: AnyHost): string {
  const text = readFileSync(join(hostFolder(lab, host), 'ssh_host_ed25519_key.pub'), 'utf8')
  return text.split(' ').slice(0, 2).join(' ')
}

function sshConfig(lab: LabState): string {
  const names = hostsOfLab(lab).map(
    host => `Host ${host}\n  HostName ${spotOf(host).address}\n  HostKeyAlias ${host}\n`,
  )
  return `${names.join('')}Host *
  User root
  IdentityFile ${keyFileOf(lab)}
  IdentitiesOnly yes
  UserKnownHostsFile ${knownHostsOf(lab)}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
`
}
