// The first meeting with a host that init is told of: its key is read, shown and confirmed, and a login is found that works and is root.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { askForHostKey, Fault, greet, logIn } from '../../engine'
import type { Host, Jump } from '../../schemas/types'
import type { Asker } from '../ask'
import { formatLogin } from '../read-login'

export interface Met {
  /** With its key pinned, and how we log in and become root. */
  readonly host: Host
  readonly fingerprint: string | null
}

export interface Wish {
  readonly identityFile?: string
  /** Fingerprints that were given on the command line. */
  readonly trusted: readonly string[]
  /** null: nobody can be asked. */
  readonly asker: Asker | null
  readonly say: (line: string) => void
}

/** The host key is not confirmed; the message says how. */
export class Distrusted extends Error {}

/** Throws a Fault where it cannot be reached, or no login works; Distrusted; Stopped. */
export async function meet(host: Host, wish: Wish): Promise<Met> {
  if (host.local) return meetHere(host, wish)
  const { pinned, fingerprint } = await pin(host, wish)
  const { found, addresses } = await findLogin(pinned, wish)
  const { become, user = 'root' } = found
  wish.say(`  login as ${user} works${become ? `, and ${become} makes it root` : ''}`)
  return { host: { ...found, addresses: addresses.filter(one => one !== host.address) }, fingerprint }
}

/** One that is only passed: whether its login is root nobody asks. Throws as `meet` does. */
export async function meetJump(host: Host, wish: Wish): Promise<Jump> {
  const { pinned } = await pin(host, wish)
  const { found } = await firstThatWorks(loginsOf(pinned, wish), refusals, [], async login => {
    await logIn(login)
    return []
  })
  wish.say(`  login as ${found.user ?? 'root'} works`)
  const { via: _, ...jump } = found
  return { ...jump, address: jump.address ?? '' }
}

async function pin(host: Host, wish: Wish): Promise<{ readonly pinned: Host; readonly fingerprint: string }> {
  const { hostKey, fingerprint, isKnown } = await askForHostKey(host)
  const address = formatLogin({ address: host.address ?? '', port: host.port ?? 22 })
  wish.say(`${address} answers; its host key is ${hostKey.split(' ')[0]} ${fingerprint}`)
  if (isKnown) wish.say('  known_hosts has it')
  else await confirm(host, address, fingerprint, wish)
  return { pinned: { ...host, hostKey }, fingerprint }
}

async function meetHere(host: Host, wish: Wish): Promise<Met> {
  const found = await firstThatWorks(process.getuid?.() === 0 ? [host] : becomes(host), ['become-refused'])
  wish.say(`this machine: ${found.found.become ? `${found.found.become} makes us root` : 'we are root'}`)
  return { host: found.found, fingerprint: null }
}

async function confirm(host: Host, address: string, fingerprint: string, { trusted, asker }: Wish): Promise<void> {
  if (trusted.includes(fingerprint)) return
  const onConsole = `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub (or its other keys) on the console of ${host.name}`
  if (trusted.length > 0 || !asker) {
    const cure = `see whether ${onConsole} shows it, and if so add --fingerprint ${fingerprint}`
    throw new Distrusted(`nobody has confirmed the host key of ${address}, ${fingerprint}; ${cure}`)
  }
  const question = `  Is that what ${onConsole} shows? yes, no, or the fingerprint from there`
  const answer = await asker.ask(question)
  if (/^y(es)?$/i.test(answer) || answer === fingerprint) return
  throw new Distrusted(`the host key of ${address} is not confirmed, so nobody logs in there`)
}

const becomes = (host: Host): Host[] => [
  { ...host, become: 'sudo' },
  { ...host, become: 'doas' },
]

/** The keys to try, in the order of ssh(1): what was named, or the agent's and the usual files. */
function identities({ identityFile }: Wish): (string | undefined)[] {
  if (identityFile !== undefined) return [identityFile]
  const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'].filter(name => existsSync(join(homedir(), '.ssh', name)))
  return [...(process.env.SSH_AUTH_SOCK ? [undefined] : []), ...usual.map(name => `~/.ssh/${name}`)]
}

/** Without any the agent's fault says what is missing. */
function loginsOf(host: Host, wish: Wish): Host[] {
  const keys = identities(wish)
  return (keys.length > 0 ? keys : [undefined]).map(identityFile => ({ ...host, identityFile }))
}

/** After these another key may be let in. */
const refusals = ['login-refused', 'agent-missing', 'agent-empty', 'identity-file-encrypted', 'identity-file-exposed']

async function findLogin(host: Host, wish: Wish) {
  const isRoot = (host.user ?? 'root') === 'root'
  const { found } = await firstThatWorks(
    loginsOf(host, wish).map(login => (isRoot ? login : { ...login, become: 'sudo' as const })),
    refusals,
    ['become-refused'],
  )
  return firstThatWorks(isRoot ? [found] : becomes(found), ['become-refused'])
}

/** `passes`: faults after which the next one is tried; `does`: faults with which one counts as working. Throws the first fault. */
async function firstThatWorks(
  hosts: readonly Host[],
  passes: readonly string[],
  does: readonly string[] = [],
  tryOut: (host: Host) => Promise<string[]> = greet,
) {
  const faults: unknown[] = []
  for (const host of hosts) {
    try {
      const plain = JSON.parse(JSON.stringify(host)) as Host
      return { found: plain, addresses: await tryOut(plain) }
    } catch (why) {
      if (why instanceof Fault && does.includes(why.code)) return { found: host, addresses: [] }
      if (!(why instanceof Fault && passes.includes(why.code))) throw why
      faults.push(why)
    }
  }
  throw faults[0]
}
