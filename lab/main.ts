// The lab from the command line: `make lab-up`, `lab-down`, `lab-reset`, `lab-shell HOST=...` start this with tsx.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { suggest } from '../spec/did-you-mean'
import { type Lab, type LabHost, openLab, startLab } from './index'
import { keptIdOf } from './state'
import { hostNames, isHostName, isPlaceName, placeNames, placeSpots } from './topology'

const id = keptIdOf(join(__dirname, '..'))
const places = [...hostNames, ...placeNames]
const usage = `usage: lab/main.ts COMMAND
  up                  boots near, middle and far, which stay until down
  down                removes them and all that belongs to them
  reset               makes the hosts as new
  status              says what runs
  shell WHERE         a root shell inside ${places.join(', ')}
  run WHERE -- CMD    runs CMD there
`

async function main([verb, where, ...rest]: readonly string[]): Promise<number> {
  if (verb === 'up') {
    const lab = openLab(id) ?? (await startLab({ id, keep: true, log: console.log }))
    return status(lab)
  }
  if (!['down', 'reset', 'status', 'shell', 'run'].includes(verb ?? '')) {
    process.stderr.write(usage)
    return 2
  }
  if ((verb === 'shell' || verb === 'run') && where !== undefined && !places.some(name => name === where)) {
    console.error(`there is no ${where}; ${suggest(where, places) ?? `there are ${places.join(', ')}`}`)
    return 2
  }
  const lab = openLab(id)
  if (lab === undefined) {
    console.error('the lab is down; start it with: make lab-up')
    return verb === 'down' ? 0 : 1
  }
  if (verb === 'down') await lab.stop()
  if (verb === 'reset') await lab.reset()
  if (verb === 'status') return status(lab)
  if (verb === 'shell' || verb === 'run') {
    const argv = verb === 'shell' ? ['bash', '-l'] : rest.filter((word, index) => index > 0 || word !== '--')
    if (!(isHostName(where) || isPlaceName(where)) || argv.length === 0) {
      process.stderr.write(usage)
      return 2
    }
    const [file = '', ...args] = lab.argvIn(where, argv)
    return spawnSync(file, args, { stdio: 'inherit' }).status ?? 1
  }
  return 0
}

/** Prints where everything is and how to get there; 1 when a host is down. */
async function status(lab: Lab): Promise<number> {
  const states = await Promise.all(hostNames.map(name => stateOf(lab.hosts[name])))
  const hosts = hostNames.map((name, index) => {
    const { address, hostKey } = lab.hosts[name]
    return `${name.padEnd(11)}${address.padEnd(14)} ${states[index]?.padEnd(9)} ${hostKey}`
  })
  const others = placeNames.map(name => `${name.padEnd(11)}${placeSpots[name].address}`)
  console.log(`${[...hosts, ...others].join('\n')}

log in:       ${lab.argvIn('controller', lab.ssh('middle')).join(' ')}
far's page:   ${lab.argvIn('visitor', ['curl', `http://${lab.hosts.far.address}/`]).join(' ')}
run cdktf:    ${lab.argvIn('controller', ['env', 'CHECKPOINT_DISABLE=1', 'DISABLE_VERSION_CHECK=1', 'npx', 'cdktf', 'deploy']).join(' ')}
private key:  ${lab.keyFile}
known hosts:  ${lab.knownHosts}`)
  return states.includes('down') ? 1 : 0
}

async function stateOf(host: LabHost): Promise<string> {
  return host.isUp() ? (await host.exec('systemctl is-system-running')).stdout.trim() : 'down'
}

// A reader that has gone away, as in `| head`, is no reason to stop half way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  fault => {
    console.error((fault as Error).message)
    process.exitCode = 1
  },
)
