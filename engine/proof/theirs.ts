// Of a tunnel whose server others run: what keeps far from answering, by trying what the server lets the tunnel's key do.
import { formatAddress } from '../../schemas/address'
import { forwardOf, type Single } from '../../schemas/forward'
import { connect } from '../host/pool'
import { type JournalLine, readJournal } from '../look/journal'
import { type Check, ok } from '../parts/check'
import { sshConfigOf, unitOf } from '../parts/paths'
import { scripts } from '../remote/texts'
import { type Chain, chainOf } from '../wish/chain'
import type { Listening } from '../wish/placed'
import type { Answer } from './answer'
import type { Place } from './place'

interface Silent {
  readonly tunnel: Single
  readonly listening: Listening
  readonly place: Place
  readonly answer: Answer
  /** From the host that dials far, where that is ours. */
  readonly direct: Answer
}

/** Never throws: what nobody can try is unknown. */
export async function judgeTheirs(silent: Silent): Promise<Check[]> {
  const chain = chainOf(silent.tunnel, {})
  const asked = { link: 'listener bound', host: chain.server.name } as const
  try {
    const { isRemote, target } = targetOf(silent.tunnel)
    const said = await tryThere(chain, target)
    const refused = judgeLogin(chain, said)
    if (refused) return [refused]
    const lets = ok(asked, `${chain.server.name} lets the tunnel's key in as ${chain.login}`)
    return [lets, ...(isRemote ? await judgeRemote(silent, chain, said) : judgeLocal(silent, chain, said))]
  } catch (why) {
    const what = `nobody can try what ${chain.server.name} lets the tunnel's key do`
    return [{ ...asked, status: 'unknown', what, evidence: why instanceof Error ? why.message : String(why) }]
  }
}

/** Why the tunnel's key is not let in there; null where it is, or nobody can try. */
export async function whyNotLetIn({ of }: Listening): Promise<Check | null> {
  const chain = chainOf(of, {})
  const said = await tryThere(chain, targetOf(of).target).catch(() => null)
  return said === null ? null : judgeLogin(chain, said)
}

/** From the server: its own loopback for what it listens to, far for what it dials. */
function targetOf(single: Single): { readonly isRemote: boolean; readonly target: string } {
  const { type, listen, far } = forwardOf(single)
  const isRemote = type === 'remote'
  const port = listen.kind === 'tcp' ? listen.port : 0
  return { isRemote, target: isRemote ? `127.0.0.1:${port}` : formatAddress(far) }
}

async function tryThere(chain: Chain, target: string): Promise<string> {
  const { name, client, account, runs, login, dialled, jumpWord } = chain
  const { address, port } = dialled
  const way = jumpWord === null ? ['none', ''] : [sshConfigOf(name), jumpWord]
  const args = [account, runs.key, runs.knownHosts, login, address, String(port), target, ...way]
  const { stdout, stderr } = await (await connect(client)).run(scripts.try, args)
  if (!/^end \d+$/m.test(stdout)) throw new Error(`${stdout}${stderr}`.trim())
  return stdout
}

const told = (said: string): string =>
  said
    .split('\n')
    .filter(line => line.trim() !== '' && !/^end \d+$/.test(line))
    .slice(-4)
    .join('\n')

const handover = ({ name }: Chain) => `ssh-tunnels handover SPEC ${name} prints what its owner has to set`

/** Null where the login works. */
function judgeLogin(chain: Chain, said: string): Check | null {
  if (/^Authenticated to /m.test(said)) return null
  const { server, client, login, dialled } = chain
  const failed = { link: 'listener bound', host: server.name, status: 'fail', mends: true } as const
  const evidence = `ssh on ${client.name} says:\n${told(said)}`
  if (/^Permission denied|: Permission denied \(/m.test(said)) {
    const isGiven = server.identityFile !== undefined
    return {
      ...failed,
      code: isGiven ? 'login-refused' : 'waits-for-owner',
      what: `${server.name}, which is not ours, does not let ${isGiven ? 'the key that was given' : "the tunnel's key"} in as ${login}`,
      evidence,
      cure: `have its owner put the key into the authorized_keys of ${login}: ${handover(chain)}`,
    }
  }
  if (/host key|HOST IDENTIFICATION/i.test(said)) {
    const what = `${server.name} shows another host key than the one that is pinned`
    return {
      ...failed,
      code: 'host-key-mismatch',
      what,
      evidence,
      cure: `ask its owner, and set hostKey of ${server.name}`,
    }
  }
  const what = `ssh on ${client.name} does not come to a login on ${server.name} (${dialled.address}:${dialled.port})`
  const cure = `see address and port of ${server.name}, and the firewalls between ${client.name} and it; its owner's fail2ban may keep ${client.name} out`
  return { ...failed, code: 'host-unreachable', what, evidence, cure }
}

const refusedForward = /remote port forwarding failed|Could not request .*forwarding/i

async function judgeRemote({ listening, place, answer, direct }: Silent, chain: Chain, said: string): Promise<Check[]> {
  const { server, client, login } = chain
  const { endpoint } = listening
  const complaint = await lastRefusal(chain)
  if (complaint !== null) {
    const failed = { link: 'listener bound', host: server.name, status: 'fail', mends: true } as const
    const what = `sshd on ${server.name} lets ${login} in and refuses to listen on ${endpoint} for it`
    const cure = `have its owner allow it (AllowTcpForwarding, PermitListen, permitlisten of the key), and see that nobody else has the port: ${handover(chain)}`
    return [{ ...failed, code: 'forward-refused', what, evidence: `ssh on ${client.name} says:\n${complaint}`, cure }]
  }
  if (direct.answered === false) return []
  const isLoopbackAlone = reached(said) && !/open failed/.test(said)
  const seen = answer.answered ? '' : `seen from ${place.name}: ${answer.why}`
  const inside = isLoopbackAlone
    ? `seen from ${server.name} itself, by the tunnel's own login: its loopback takes connections on that port`
    : ''
  const what = isLoopbackAlone
    ? `sshd on ${server.name} listens for ${login}, and ${endpoint} does not answer: on loopback alone, as it does where GatewayPorts is no`
    : `ssh on ${client.name} has its forward on ${server.name}, and ${endpoint} does not answer from ${place.name}`
  const cure = `have its owner set GatewayPorts clientspecified for ${login}, and let TCP to ${endpoint} in through its firewall: ${handover(chain)}`
  const evidence = [seen, inside].filter(Boolean).join('\n')
  return [
    {
      link: 'port reached',
      host: server.name,
      status: 'fail',
      mends: true,
      code: 'port-blocked',
      what,
      evidence,
      cure,
    },
  ]
}

/** ssh ended that connection by itself, and was not told that there is no way. */
const reached = (said: string): boolean => /^end (0|124)$/m.test(said)

function judgeLocal({ tunnel }: Silent, chain: Chain, said: string): Check[] {
  const { server, login, client } = chain
  const evidence = `ssh on ${client.name} says:\n${told(said)}`
  const failed = { link: 'far answers', host: server.name, status: 'fail', mends: true, evidence } as const
  if (/administratively prohibited/.test(said)) {
    const what = `sshd on ${server.name} lets ${login} in and refuses to connect it to ${tunnel.far}`
    const cure = `have its owner allow it (AllowTcpForwarding, PermitOpen, permitopen of the key): ${handover(chain)}`
    return [{ ...failed, code: 'forward-refused', what, cure }]
  }
  const isThere = !/open failed/.test(said)
  const what = isThere
    ? `${server.name} connects to far (${tunnel.far}), and it does not answer as probe wants`
    : `${server.name} does not reach far (${tunnel.far})`
  const cure = `see that the service on ${tunnel.far} runs and that ${server.name} reaches it; probe: warn deploys with a warning, probe: none without the proof`
  return [{ ...failed, code: isThere ? 'far-silent' : 'far-unreached', what, cure }]
}

/** Milliseconds in which ssh is refused what it asks for, where it is. */
const settled = 2_000

/** What ssh has said when it was refused its forward and ended; null where it holds one by now. */
async function lastRefusal(chain: Chain): Promise<string | null> {
  const read = async () => {
    const asked = { unit: unitOf(chain.name), account: chain.account, lines: 30, cursor: null }
    return (await readJournal(chain.client, asked)).lines
  }
  // As systemd says it, and our scripts; what ssh says stands under its own name.
  const isStart = ({ program, text }: JournalLine) => program !== 'ssh' && /^Started /.test(text)
  let lines = await read()
  if (lines.at(-1) && isStart(lines.at(-1) as JournalLine)) {
    await new Promise(resolve => setTimeout(resolve, settled))
    lines = await read()
  }
  const last = lines.at(-1)
  if (!last || isStart(last)) return null
  return [...lines].reverse().find(({ text }) => refusedForward.test(text))?.text ?? null
}
