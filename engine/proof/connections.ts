// The connections that the tunnels of a host hold there: the kernel's word that far has taken one.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { scripts } from '../remote/texts'

/** Of the account that ssh or sshd holds it as; ADDRESS:PORT each, as ss writes them. */
export interface Connection {
  readonly account: string
  readonly local: string
  readonly peer: string
}

const waiting = new Map<string, Promise<readonly Connection[]>>()
const running = new Map<string, Promise<unknown>>()

/** Those that stand now. All who ask while a listing runs share the next one. Rejects with a Fault where they cannot be listed. */
export function connectionsAt(host: Host): Promise<readonly Connection[]> {
  const id = loginId(host)
  const shared = waiting.get(id)
  if (shared) return shared
  const listing: Promise<readonly Connection[]> = (running.get(id) ?? Promise.resolve())
    .catch(() => {})
    .then(() => {
      waiting.delete(id)
      running.set(id, listing)
      return list(host)
    })
  waiting.set(id, listing)
  return listing
}

async function list(host: Host): Promise<Connection[]> {
  const { code, stdout, stderr } = await (await connect(host)).run(scripts.connections, [])
  if (code !== 0) {
    const what = `${host.name} does not tell the connections of its tunnels`
    throw new Fault({ code: 'look-failed', host: host.name, what, script: 'connections', exitStatus: code, stderr })
  }
  return stdout.split('\n').flatMap(line => {
    const [account, local, peer] = line.split(' ')
    return account && local && peer ? [{ account, local, peer }] : []
  })
}
