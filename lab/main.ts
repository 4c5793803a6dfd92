// The lab from the command line: `make lab-up`, `lab-down`, `lab-reset`, `lab-shell HOST=...` start this with tsx.
import { spawnSync } from 'node:child_process'
import { type Lab, openLab, startLab } from './index'
import { hostNames, isHostName, isPlaceName, placeNames, placeSpots } from './topology'

const id = 'lab'
const usage = `usage: lab/main.ts COMMAND
  up                  boots near, middle and far, which stay until down
  down                removes them and all that belongs to them
  reset               makes the hosts as new
  status              says what runs
  shell WHERE         a root shell inside ${[...hostNames, ...placeNames].join(', ')}
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

async function status(lab: Lab): Promise<number> {
  const up = await Promise.all(hostNames.map(name => print(lab, name)))
  for (const name of placeNames) console.log(`${name.padEnd(11)}${placeSpots[name].address.padEnd(15)}`)
  console.log(`
log in:       ${lab.argvIn('controller', lab.ssh('middle')).join(' ')}
far's page:   ${lab.argvIn('visitor', ['curl', `http://${lab.hosts.far.address}/`]).join(' ')}
private key:  ${lab.keyFile}
known hosts:  ${lab.knownHosts}`)
  return up.every(Boolean) ? 0 : 1
}

async function print(lab: Lab, name: (typeof hostNames)[number]): Promise<boolean> {
  const host = lab.hosts[name]
  const state = host.isUp() ? (await host.exec('systemctl is-system-running')).stdout.trim() : 'down'
  console.log(`${name.padEnd(11)}${host.address.padEnd(15)} ${state.padEnd(9)} ${host.hostKey}`)
  return state !== 'down'
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  fault => {
    console.error((fault as Error).message)
    process.exitCode = 1
  },
)
