// A PostgreSQL of a test's own: Debian's programs, a cluster in a temporary folder, reached by a unix socket, with a password.
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, killGroup, must, start, waitFor } from '../../lab/command'

export interface Postgres {
  /** Without user and password, as it stands in a configuration. */
  readonly url: string
  /** PGUSER and PGPASSWORD. */
  readonly login: Readonly<Record<'PGUSER' | 'PGPASSWORD', string>>
  /** The rows of a query, their columns separated by |. */
  ask(query: string): Promise<string>
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root. It ends with this process, however that ends. */
const asPostgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--pdeathsig=INT']
const database = 'terraform'

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'pg-'))
  const login = { PGUSER: 'pipeline', PGPASSWORD: `secret-${process.hrtime.bigint()}` }
  const password = join(folder, 'password')
  writeFileSync(password, login.PGPASSWORD)
  const [uid, gid] = (await must(['getent', 'passwd', 'postgres'])).split(':').slice(2, 4).map(Number)
  for (const path of [folder, password]) chownSync(path, uid ?? 0, gid ?? 0)

  const data = join(folder, 'data')
  const run = (program: string, ...args: string[]) => [...asPostgres, join(binaries(), program), ...args]
  const account = [`--username=${login.PGUSER}`, `--pwfile=${password}`, '--auth=scram-sha-256']
  await must(run('initdb', '--no-sync', '--locale=C.UTF-8', ...account, data), { cwd: '/' })
  rmSync(password)

  const settings = ['-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'log_statement=ddl']
  const server = start(run('postgres', '-D', data, ...settings), { cwd: '/', stdio: 'ignore' })
  const ended = new Promise(resolve => server.on('close', resolve))
  const psql = (db: string, query: string) => {
    const argv = [join(binaries(), 'psql'), '--host', folder, '--no-psqlrc', '-At', '--command', query, db]
    return command(argv, { env: login })
  }
  const stop = async () => {
    killGroup(server.pid, 'SIGINT')
    await ended
    rmSync(folder, { recursive: true })
  }
  try {
    await waitFor('PostgreSQL', async () => {
      if (server.exitCode !== null) throw new Error(`postgres has ended with status ${server.exitCode}`)
      return (await psql('postgres', `CREATE DATABASE ${database}`)).code === 0 ? true : undefined
    })
  } catch (fault) {
    await stop()
    throw fault
  }
  return {
    url: `postgres:///${database}?host=${folder}`,
    login,
    async ask(query) {
      const { code, stdout, stderr } = await psql(database, query)
      if (code !== 0) throw new Error(stderr)
      return stdout.trim()
    },
    stop,
  }
}

/** Debian keeps them off PATH, in a folder for each version. */
function binaries(): string {
  const home = '/usr/lib/postgresql'
  const [newest] = readdirSync(home).sort((a, b) => Number(b) - Number(a))
  return join(home, newest ?? '', 'bin')
}
