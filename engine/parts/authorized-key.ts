// The tunnel's public key on the server, restricted to exactly its forward.
import type { AuthorizedKey } from '../../schemas/types'
import { type Check, ok } from './check'
import { optionsIn } from './least-privilege'
import { isKeyNoWider } from './narrower'
import { knownAfterApply, oddity, outlived, type Part, type Step } from './part'
import type { Snapshot } from './snapshot'
import { stepsToEnd, stepToKeep, stepToNote } from './sshd'

export interface AuthorizedKeyAt {
  readonly path: string
  readonly account: string
  /** The key that goes: let in as well, as long as the client still has it. */
  readonly beside?: string
  /** Whether the server dials whatever it is asked for. */
  readonly opensAny?: boolean
}

const lineOf = (state: AuthorizedKey) => `${state.options} ${state.publicKey}\n`

/** Options may hold spaces inside quotes; the key is the last two words. */
const linePattern = /^(.*) (\S+ \S+)\n$/

export const authorizedKey: Part<AuthorizedKey, AuthorizedKeyAt> = {
  kind: 'authorized-key',
  needs: [],

  observe(on, at) {
    const file = on.files[at.path]
    if (!file) return null
    const match = linePattern.exec(file.text)
    return match?.[1] !== undefined && match[2] !== undefined
      ? { options: match[1] + oddity(file) + (on.outlived.includes(at.path) ? outlived : ''), publicKey: match[2] }
      : { options: file.text, publicKey: '' }
  },

  // The account that it lets in says whose it is.
  owner: () => null,

  plan(want, have, on, at) {
    if (!want) {
      return have ? [{ why: `remove ${at.path}`, phase: 'unmake', verb: 'files_remove', args: [at.path] }] : []
    }
    if (at.beside !== undefined) return planBoth(want, at.beside, on, at)
    if (have && lineOf(have) === lineOf(want)) return []
    if (have && lineOf(have) === lineOf({ ...want, options: want.options + outlived })) return stepsToEnd(at.account)
    const goesOn = have?.publicKey === want.publicKey && isKeyNoWider(want.options, have.options, at.opensAny ?? true)
    return [
      ...(goesOn ? [stepToNote(at.path)] : []),
      {
        why: `let the tunnel's key in as ${at.account}, for its forward only`,
        phase: 'make',
        verb: 'file_put',
        args: [at.path, '644'],
        content: lineOf(want),
      },
      // A session that logged in under the old line keeps its old rights (tried with 9.2p1): end it, the client comes back.
      ...(goesOn ? [stepToKeep(at.path)] : have || on.sessions.includes(at.account) ? stepsToEnd(at.account) : []),
    ]
  },

  checks(want, on, at, host) {
    const asked = { link: 'sshd lets it', host } as const
    const have = authorizedKey.observe(on, at)
    const fail = (what: string, evidence?: string): Check[] => [
      { ...asked, status: 'fail', code: 'not-converged', what, evidence, cure: 'deploy', mends: true },
    ]
    if (!have) return fail(`${host} has no key for ${at.account}: ${at.path} is away`)
    const options = have.options.replace(outlived, '')
    if (options !== want.options) {
      const what = `${at.path} on ${host} does not let the tunnel's key have its forward, or lets it have more`
      return fail(what, `${at.path}:1 says ${options || 'nothing'}\nit should say ${String(want.options)}`)
    }
    if (want.publicKey !== knownAfterApply && have.publicKey !== want.publicKey)
      return fail(`${at.path} on ${host} lets another key in than the tunnel's`)
    return [ok(asked, `the tunnel's key is let in on ${host}, for its forward alone`)]
  },

  explain(want, at) {
    const isKnown = want.options !== knownAfterApply
    const shown = isKnown ? String(want.options) : 'restrict,port-forwarding and the port that is chosen'
    const options = isKnown ? optionsIn(shown) : []
    const key =
      want.publicKey === knownAfterApply ? "the tunnel's public key, made on its client" : String(want.publicKey)
    return {
      what: at.path,
      why: 'the one key that opens this login, and what it may do',
      lines: [
        {
          text: `${shown} ${key}`,
          why: 'the one line of the file, word by word:',
          page: 'sshd(8)',
        },
        ...options.map(text => ({ text, why: reasonFor(text), page: 'sshd(8)' })),
        { text: key, why: 'only its public half comes here', page: 'sshd(8)' },
      ],
    }
  },
}

/** Whether the file lets this key in, for this forward. */
export const isLetIn = (on: Snapshot, { path }: AuthorizedKeyAt, want: AuthorizedKey): boolean =>
  `\n${on.files[path]?.text ?? ''}`.includes(`\n${lineOf(want)}`)

/** The old key's session goes on meanwhile: it has the rights that it should have. */
function planBoth(want: AuthorizedKey, beside: string, on: Snapshot, { path, account }: AuthorizedKeyAt): Step[] {
  const file = on.files[path]
  const old = lineOf({ ...want, publicKey: beside })
  const [is, odd] = [file?.text, file ? oddity(file) : '']
  if (is === old + lineOf(want) && odd === '') return []
  const why = `let the new key in as ${account}, beside the old one`
  return [
    { why, phase: 'make', verb: 'file_put', args: [path, '644'], content: old + lineOf(want) },
    ...(file && (is !== old || odd !== '') ? stepsToEnd(account) : []),
  ]
}

const reasons = {
  restrict: 'nothing is allowed that does not follow, whatever later versions of sshd add',
  'port-forwarding': 'restrict alone would refuse every forward',
  permitopen:
    'the one far service that may be dialled, at a jump host the next sshd; sshd_config says the same for the account, and both have to allow it',
  permitlisten:
    'the one listener that may be opened; sshd_config says the same for the account, and both have to allow it',
  command: 'whatever somebody wants to run with this key, nothing is run',
} as const

function reasonFor(option: string): string {
  const why = (reasons as Readonly<Record<string, string>>)[option.split('=')[0] ?? '']
  if (why === undefined) throw new Error(`no reason for ${JSON.stringify(option)}`)
  return why
}
