// The answers as a spec in YAML, with comments for who reads it next. Pure.
import { parseEndpoint } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import type { Answers } from './answers'

export function writeSpec({ middle, near, far, listen, allowFrom, name }: Answers): string {
  const listens = parseEndpoint(listen)
  const own = 'error' in listens ? '' : listens.host
  const sides = near
    ? [
        '    client: near # runs ssh ...',
        "    server: middle # ... and talks to middle's sshd,",
        '    forward: remote # which listens (ssh -R)',
      ]
    : ['    client: middle # runs ssh, and talks to its own sshd', '    forward: local # so middle listens (ssh -L)']
  return `# Made by ssh-tunnels init. What will be where, and why: ssh-tunnels explain on this file.
version: 1

hosts:
${jumpLines(middle, near)}  middle: # opens the port
${hostLines(middle, own)}${near ? `  near: # reaches the service\n${hostLines(near, '')}` : ''}
tunnels:
  ${name}:
${sides.join('\n')}
    listen: ${scalar(listen)}
    far: ${scalar(far)} # as ${near ? 'near' : 'middle'} sees it
${allowFrom === null ? '    # allowFrom: [198.51.100.0/24] # without it everybody may connect' : `    allowFrom: [${allowFrom.map(scalar).join(', ')}]`}
`
}

/** Each once, as the others name it in their `via`. */
function jumpLines(middle: Host, near: Host | null): string {
  const all = [...(middle.via ?? []), ...(near?.via ?? [])].filter(({ name }) => name !== 'middle')
  const jumps = [...new Map(all.map(jump => [jump.name, jump])).values()]
  return jumps.map(jump => `  ${jump.name}: # on the way to others\n${hostLines(jump, '')}`).join('')
}

function hostLines(host: Host, listens: string): string {
  if (host.local) return `    local: true # this machine\n${host.become ? `    become: ${host.become}\n` : ''}`
  const { address = '', addresses = [], port, user, become, hostKey, identityFile, via = [] } = host
  const others = addresses.filter(one => one === listens && one !== address)
  const lines = [
    `address: ${scalar(address)}`,
    ...(others.length > 0 ? [`addresses: [${others.map(scalar).join(', ')}]`] : []),
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(user === undefined ? [] : [`user: ${scalar(user)}`]),
    ...(become === undefined ? [] : [`become: ${become}`]),
    ...(via.length > 0 ? [`via: [${via.map(({ name }) => name).join(', ')}]`] : []),
    ...(hostKey === undefined ? [] : [`hostKey: ${scalar(hostKey)}`]),
    identityFile === undefined
      ? '# no identityFile: the key comes from the agent'
      : `identityFile: ${scalar(identityFile)}`,
  ]
  return lines.map(line => `    ${line}\n`).join('')
}

/** As it is where YAML reads it as this very text, else in quotes. */
const scalar = (text: string): string => {
  const isPlain = /^[A-Za-z0-9~/][\w./~@+=-]*(:\d+)?( [\w+/=.-]+)*$/.test(text)
  const means = /^(null|true|false|yes|no|on|off|~|[\d.+e-]+)$/i.test(text) && !/\d+\.\d+\.\d/.test(text)
  return isPlain && !means ? text : JSON.stringify(text)
}
