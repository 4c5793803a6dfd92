// What the client's ssh goes by at each jump host: ssh -J takes no options for them, but hands on its -F (ssh.c of OpenSSH, since 7.3).
import type { SshConfig } from '../../schemas/types'
import { ok } from './check'
import { giveReasons } from './explained'
import { writeMark } from './mark'
import { oddity, type Part, sha256 } from './part'
import { ofOptions } from './service/unit-reasons'
import { strictOptions } from './ssh-options'

export interface SshConfigAt {
  readonly path: string
  /** What the file should say. */
  readonly text: string
}

export interface JumpPlan {
  readonly tunnel: string
  readonly owner: string
  readonly key: string
  readonly knownHosts: string
  readonly interval: number
  readonly countMax: number
  /** How many jump hosts there are. */
  readonly hops: number
}

/** For all of them alike: who they are, and as whom, says ssh's command line. */
export function sshConfigText({ tunnel, owner, key, ...going }: JumpPlan): string {
  const options = Object.entries({ ...strictOptions(going), IdentityFile: key })
  return `${writeMark({ tunnel, owner, notes: {} })}Host *\n${options.map(([name, value]) => `    ${name} ${value}\n`).join('')}`
}

export const sshConfig: Part<SshConfig, SshConfigAt> = {
  kind: 'ssh-config',
  needs: [],

  observe(on, { path }) {
    const file = on.files[path]
    return file ? { path, sha256: sha256(file.text) + oddity(file) } : null
  },

  // The account that it is for says whose it is.
  owner: () => null,

  plan(want, have, _on, { path, text }) {
    if (!want) return have ? [{ why: `remove ${path}`, phase: 'unmake', verb: 'files_remove', args: [path] }] : []
    if (have?.sha256 === want.sha256) return []
    const why = `say in ${path} how ssh goes by the jump hosts`
    return [{ why, phase: 'make', verb: 'file_put', args: [path, '644'], content: text }]
  },

  checks(want, on, at, host) {
    const asked = { link: 'service runs', host } as const
    const have = sshConfig.observe(on, at)
    if (have?.sha256 === want.sha256) return [ok(asked, `${at.path} on ${host} is as it was written`)]
    const what = have
      ? `somebody has changed ${at.path} on ${host}, by which ssh goes at the jump hosts`
      : `${at.path} is away on ${host}, by which ssh goes at the jump hosts`
    return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true }]
  },

  explain: (_want, { path, text }) => ({
    what: path,
    why: 'by which ssh goes at each jump host: as strictly as at the server',
    lines: giveReasons(
      text.split('\n').filter(line => line !== '' && !line.startsWith('#')),
      reasons,
      'ssh_config(5)',
    ),
  }),
}

const reasons = {
  ...ofOptions,
  Host: 'for all jump hosts alike; which they are says the command line of ssh',
  IdentityFile: 'the key of this tunnel, which never leaves this host',
}
