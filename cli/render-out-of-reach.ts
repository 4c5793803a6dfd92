// What of our tunnels stands on machines that the spec does not name, with the command that removes it.
import type { Estate, OutOfReach } from '../engine'
import { plain } from '../schemas/plain'
import { formatLogin } from './read-login'

export interface Told extends OutOfReach {
  /** Null where nothing tells on which machine it is. */
  readonly remove: string | null
  /** Whether the spec has to say its owner first: else the command leaves alone what it does not name. */
  readonly ownerFirst: boolean
}

interface Asked {
  readonly command: string
  readonly spec: string
  readonly estate: Pick<Estate, 'ownsAll' | 'declared'>
}

export const tellOutOfReach = (all: readonly OutOfReach[], { command, spec, estate }: Asked): Told[] =>
  all.map(one => {
    const { address, port } = one
    const verb = command === 'destroy' ? 'destroy' : 'apply'
    const isNamed = estate.declared.some(({ type, input }) => type === 'tunnel' && input.name === one.name)
    const remove =
      address === null ? null : `ssh-tunnels ${verb} ${quote(spec)} --host ${formatLogin({ address, port })}`
    return { ...one, remove, ownerFirst: !estate.ownsAll && !isNamed }
  })

export function renderOutOfReach(told: readonly Told[]): string {
  const lines = told.map(({ name, owner, end, address, seenOn, remove, ownerFirst }) => {
    const what = { client: 'account, key and service', server: "account, key, and sshd's and the firewall's settings" }[
      end
    ]
    const where = address === null ? 'on a machine that nothing names' : `on ${address}`
    const first = ownerFirst ? `say owner: ${owner} in the spec, then ` : ''
    const way = remove === null ? 'name it among the hosts of the spec' : `${first}${remove}`
    return `out of reach: tunnel ${name}, its ${end} ${where} (as ${seenOn} tells), which is not in this spec; its ${what} stay there; to have them removed: ${way}\n`
  })
  return plain(lines.join(''))
}

const quote = (path: string): string => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)
