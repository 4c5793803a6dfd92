// The lab from the command line: `make lab-up`, `lab-down`, `lab-reset`, `lab-shell HOST=...` start this with tsx.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { suggest } from '../spec/did-you-mean'
import { defaultImage, imageNames, images, isImageName } from './images'
import { type Lab, type LabHost, openLab, startLab } from './index'
import { type Images, keptIdOf } from './state'
import { hostNames, isHostName, isPlaceName, placeNames, placeSpots } from './topology'

const id = keptIdOf(join(__dirname, '..'))
const places = [...hostNames, ...placeNames]
const usage = `usage: lab/main.ts COMMAND
  up [--image HOST=IMAGE]...
                      boots near, middle and far, which stay until down; each from ${defaultImage}, or from the IMAGE that is named for it
  down                removes them and all that belongs to them
  reset               makes the hosts as new
  status              says what runs
  shell WHERE         a root shell inside ${places.join(', ')}
  run WHERE -- CMD    runs CMD there
images (the first use of one builds it, which takes from seconds to a minute):
${imageNames.map(name => `  ${name.padEnd(20)}${images[name].says}`).join('\n')}
for example: lab/main.ts up --image middle=ufw
`

async function main(words: readonly string[]): Promise<number> {
  const [verb, where, ...rest] = words
  if (verb === 'up') return up(words.slice(1))
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

async function up(words: readonly string[]): Promise<number> {
  const wanted = readImages(words)
  if (typeof wanted === 'string') {
    console.error(wanted)
    return 2
  }
  const running = openLab(id)
  const other = running && hostNames.find(name => wanted[name] && wanted[name] !== running.hosts[name].image)
  if (other) {
    console.error(`${other} runs already, from ${running.hosts[other].image}; take the lab down first: make lab-down`)
    return 1
  }
  return status(running ?? (await startLab({ id, keep: true, images: wanted, log: console.log })))
}

/** From the words after `up`; a string says what is wrong with them. */
function readImages(words: readonly string[]): Images | string {
  const found: { -readonly [host in keyof Images]: Images[host] } = {}
  for (let at = 0; at < words.length; at += 2) {
    if (words[at] !== '--image') return `up takes --image HOST=IMAGE, not ${words[at]}`
    const [host, image, ...more] = (words[at + 1] ?? '').split('=')
    if (host === undefined || image === undefined || more.length > 0)
      return '--image needs HOST=IMAGE, as in middle=ufw'
    if (!isHostName(host))
      return `there is no ${host}; ${suggest(host, hostNames) ?? `there are ${hostNames.join(', ')}`}`
    if (!isImageName(image)) {
      return `there is no image ${image}; ${suggest(image, imageNames) ?? `there are ${imageNames.join(', ')}`}`
    }
    found[host] = image
  }
  return found
}

/** Prints where everything is and how to get there; 1 when a host is down. */
async function status(lab: Lab): Promise<number> {
  const states = await Promise.all(hostNames.map(name => stateOf(lab.hosts[name])))
  const width = Math.max(...hostNames.map(name => lab.hosts[name].image.length))
  const hosts = hostNames.map((name, index) => {
    const { address, hostKey, image } = lab.hosts[name]
    return `${name.padEnd(11)}${address.padEnd(14)} ${states[index]?.padEnd(9)} ${image.padEnd(width)} ${hostKey}`
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
  if (!host.isUp()) return 'down'
  return images[host.image].noSystemd ? 'up' : (await host.exec('systemctl is-system-running')).stdout.trim()
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
