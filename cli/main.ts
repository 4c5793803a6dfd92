// The command `ssh-tunnels`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeAll } from '../engine'
import { plain } from '../schemas/plain'
import { SpecError } from '../spec'
import { changeHosts } from './change-hosts'
import { helpAll, helpOne } from './help'
import { importBlocks } from './import-blocks'
import { installProvider } from './install-provider'
import { runOne } from './one'
import { readEstate } from './read-estate'
import { readWords } from './read-words'
import { testGuard } from './test-guard'
import { validate } from './validate'

/** Resolves to the exit status. */
async function main(words: readonly string[]): Promise<number> {
  const [first, verb] = words
  if (first === 'one' && (verb === 'apply' || verb === 'destroy')) return runOne(verb, process.env)
  const asked = readWords(words)
  if (asked.kind === 'help') process.stdout.write(asked.command ? helpOne(asked.command) : helpAll())
  if (asked.kind === 'version') process.stdout.write(`ssh-tunnels ${readVersion()}\n`)
  if (asked.kind === 'mistake') {
    const help = asked.command ? `help ${asked.command}` : '--help'
    process.stderr.write(`${plain(asked.message)}\nsee: ssh-tunnels ${help}\n`)
    return 1
  }
  if (asked.kind !== 'run') return 0
  const { command, host, specs, flags, only, hosts, dir } = asked
  const [spec = ''] = specs
  if (command === 'install-provider') {
    process.stdout.write(installProvider({ dir }).text)
    return 0
  }
  if (command === 'validate') {
    const { code, stdout } = validate(specs, flags.has('json'))
    process.stdout.write(stdout)
    return code
  }
  if (command === 'import-blocks') {
    process.stdout.write(importBlocks(readEstate(spec)))
    return 0
  }
  try {
    if (command === 'guard test') return await testGuard(host ?? '', spec, flags.has('json'))
    return await changeHosts({ command, spec, flags, only, hosts })
  } finally {
    closeAll()
  }
}

/** From dist/ and from cli/ alike the package's own description is one folder up. */
function readVersion(): string {
  return JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')).version
}

// A reader that has gone away, as in `| head`, is no reason to leave hosts half done.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  why => {
    process.stderr.write(`${plain(String(why instanceof SpecError ? why.message : (why?.stack ?? why)))}\n`)
    process.exitCode = 1
  },
)
