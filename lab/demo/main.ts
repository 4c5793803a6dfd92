// `make demo`: the story of two tunnels on three real hosts, told and checked step by step. Ends non-zero when anything is not so.
import { stripVTControlCharacters } from 'node:util'
import { fingerprint, type HostName, type Lab, startLab } from '../index'
import { makeProject, type Project, specOf } from './project'
import { chapter, elapsed, must, show, typed, waitFor, working } from './say'

const hostNames = ['near', 'middle', 'far'] as const satisfies readonly HostName[]
const stack = 'tunnels'
const middle = '203.0.113.20'

async function play(lab: Lab, project: Project): Promise<void> {
  chapter('The spec: two tunnels')
  show(specOf(lab))
  const before = await fingerprints(lab)

  chapter('Both ports of middle are closed, seen from a fourth place on the network')
  must((await bannerThrough110(lab)) === null, 'nobody answers on port 110')
  must((await pageThrough8080(lab)) === null, 'nobody answers on port 8080')

  chapter('Deploy')
  const first = await deploy(project)
  must(first.includes('2 added, 0 changed, 0 destroyed'), 'two tunnels were made')
  await bothWork(lab)

  chapter('Deploy again')
  must((await deploy(project)).includes('No changes'), 'No changes')

  chapter('Break four things by hand')
  await breakFour(lab)

  chapter('What cdktf diff says of it')
  const diff = await run(project, changesOf, 'diff', stack)
  must(/~ service {9}= \{\n.*~ active {6}= false -> true/.test(diff), 'it names the stopped unit')
  must(/\+ sshd {12}= \{\n(.*\n)*?.*\+ permit_open/.test(diff), 'it names the missing sshd drop-in')
  must(/~ firewall {8}= \{\n.*~ open {7}= false -> true/.test(diff), 'it names the missing nft rule')

  chapter('Deploy puts it right')
  const mended = await deploy(project, said => doneOf(changesOf(said)))
  must(mended.includes('0 added, 2 changed, 0 destroyed'), 'two tunnels were mended')
  await bothWork(lab)

  chapter('Reboot the middle')
  typed('middle', 'reboot')
  await lab.hosts.middle.reboot()
  must(true, 'middle is up again')
  await waitFor('the tunnel of port 110 came back by itself', () => bannerThrough110(lab))
  await waitFor('the tunnel of port 8080 came back by itself', () => pageThrough8080(lab))
  must((await run(project, changesOf, 'diff', stack)).includes('No changes'), 'No changes')

  chapter('Destroy')
  const destroyed = await run(project, said => doneOf(changesOf(said)), 'destroy', stack, '--auto-approve')
  must(destroyed.includes('2 destroyed'), 'both tunnels were removed')
  must((await bannerThrough110(lab)) === null, 'nobody answers on port 110')
  must((await pageThrough8080(lab)) === null, 'nobody answers on port 8080')
  const after = await fingerprints(lab)
  for (const [at, name] of hostNames.entries()) {
    const differ = difference(before[at] ?? '', after[at] ?? '')
    must(differ === '', `${name}: /etc, units, accounts and the nft ruleset are byte for byte as before`, differ)
  }
}

const fingerprints = (lab: Lab) => Promise.all(hostNames.map(name => fingerprint(lab.hosts[name])))

function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return [
    ...old.filter(line => !now.includes(line)).map(line => `- ${line}`),
    ...now.filter(line => !old.includes(line)).map(line => `+ ${line}`),
  ].join('\n')
}

/** The first line that a server on port 110 says; null when nobody answers. */
async function bannerThrough110(lab: Lab): Promise<string | null> {
  const { stdout } = await lab.run('visitor', ['curl', '-s', '--max-time', '2', `telnet://${middle}:110`], {
    input: '',
  })
  return stdout.startsWith('SSH-') ? (stdout.split(/\r?\n/)[0] ?? null) : null
}

async function pageThrough8080(lab: Lab): Promise<string | null> {
  const { code, stdout } = await lab.run('visitor', ['curl', '-sf', '--max-time', '2', `http://${middle}:8080/`])
  return code === 0 ? stdout.trim() : null
}

async function bothWork(lab: Lab): Promise<void> {
  const banner = await bannerThrough110(lab)
  must(banner !== null, `port 110 of middle is far's SSH: ${banner}`)
  const login = await lab.run('visitor', [
    ...['ssh', '-F', 'none', '-i', lab.keyFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-p', '110'],
    ...['-o', `UserKnownHostsFile=${lab.knownHosts}`, '-o', 'StrictHostKeyChecking=yes', '-o', 'HostKeyAlias=far'],
    ...[`guest@${middle}`, 'hostname'],
  ])
  must(login.stdout.trim() === 'far', `ssh -p 110 guest@${middle} hostname: ${login.stdout.trim()}`, login.stderr)
  const page = await pageThrough8080(lab)
  must(page?.includes('hello from far') ?? false, `port 8080 of middle is far's web page: ${page}`)
}

/** Runs cdktf and shows what counts of its output; a failure ends the demo with all that it printed. */
async function run(project: Project, counts: (said: string) => string, ...words: string[]): Promise<string> {
  typed('here', `npx cdktf ${words.join(' ')}`)
  const { code, stdout, stderr } = await working('cdktf works, some seconds ...', project.cdktf(...words))
  const said = plain(stdout)
  if (code === 0) show(counts(said))
  must(code === 0, `cdktf ${words[0]} ended well`, stdout + stderr)
  return said
}

const deploy = (project: Project, counts = changesOf) => run(project, counts, 'deploy', stack, '--auto-approve')

/** What cdktf-cli relays, without its spinner and the stack's name before each line. */
function plain(said: string): string {
  return stripVTControlCharacters(said)
    .split('\n')
    .filter(line => !/^\s*(\d+ Stacks? |[\u2800-\u28ff])/.test(line))
    .map(line => line.replace(new RegExp(`^(${stack}| {${stack.length}}) {2}`), ''))
    .join('\n')
}

/** The plan and what came of it, without Terraform's explanations and the outputs' second appearance. */
function changesOf(said: string): string {
  const lines = said.replace(/^Changes to Outputs:\n(.*\n)*?(?=\S)/m, '').split('\n')
  const from = lines.findIndex(line => /will be (created|updated|destroyed)|must be replaced|^No changes/.test(line))
  const end = lines.findIndex(line => line.startsWith('Saved the plan to') || line === `  ${stack}`)
  const keep = (line: string) =>
    !['', stack].includes(line.trim()) &&
    !/^(─+|Note:.*|Terraform has compared .*|.*found no differences.*)$/.test(line)
  return lines
    .slice(Math.max(from, 0), end < 0 ? undefined : end)
    .filter(keep)
    .map(reindent)
    .join('\n')
}

/** What was done, without the plan and the warnings that were shown before. */
function doneOf(changes: string): string {
  const lines = changes.split('\n')
  const end = lines.findIndex(line => /^(Apply|Destroy) complete!/.test(line))
  return lines.filter((line, at) => at >= end || /: (Modif|Destr)/.test(line)).join('\n')
}

const indentOf = (line = '') => line.length - line.trimStart().length

/** A value whose leading blanks cdktf-cli lost, at the head of one of Terraform's chunks: no other stands to the left of both neighbours. */
function reindent(line: string, at: number, all: readonly string[]): string {
  const [before = '', after] = [all[at - 1], all[at + 1]]
  const opens = /[[{]( # .*)?$/
  const lost =
    /^\s*[+~-] /.test(line) && !opens.test(line) && indentOf(line) < Math.min(indentOf(before), indentOf(after))
  // A bracket that closes stands below the name, two to the right of the sign.
  const more = opens.test(before) ? 4 : /^\s*[\]}]/.test(before) ? -2 : 0
  return lost ? ' '.repeat(indentOf(before) + more) + line.trimStart() : line
}

async function breakFour({ hosts: { near, middle: on } }: Lab): Promise<void> {
  const type = async (host: typeof near, command: string) => {
    typed(host.name, command)
    await host.sh(command)
  }
  await type(on, 'rm /etc/ssh/sshd_config.d/10-ssh-tunnels-server935-ssh.conf && systemctl reload ssh')
  const handle = await on.sh(`nft -a list chain inet filter input | sed -n 's/.*tcp dport 8080 .* # handle //p'`)
  await type(on, `nft delete rule inet filter input handle ${handle}`)
  await type(on, 'systemctl stop tunnel-server935-ssh')
  const pid = await near.sh('systemctl show --property=MainPID --value tunnel-web')
  await type(near, `kill -9 ${pid}`)
  await waitFor('the killed ssh is back by itself', async () => {
    const now = await near.sh('systemctl show --property=MainPID --value tunnel-web')
    return now !== pid &&
      now !== '0' &&
      (await near.exec(`ss -Htnp state established | grep -q "pid=${now},"`)).code === 0
      ? now
      : null
  })
}

async function main(): Promise<void> {
  chapter('Three real hosts: near, middle and far, each with systemd, sshd and nftables')
  const lab = await startLab({ log: show })
  const project = makeProject(lab)
  try {
    must(
      true,
      `near ${lab.hosts.near.address}, middle ${lab.hosts.middle.address} (its firewall lets in ssh only), far ${lab.hosts.far.address}`,
    )
    await play(lab, project)
    console.log(`\nAll of it was so, in ${elapsed()}.`)
  } finally {
    await lab.stop()
  }
}

// Nobody reads on, as in `| head`: the lab goes with the process.
process.stdout.on('error', () => process.exit(1))

main().catch((why: unknown) => {
  console.error(`\nThe demo ends here: ${why instanceof Error ? why.message : String(why)}`)
  process.exitCode = 1
})
