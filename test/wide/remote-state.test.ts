// Two pipelines, one state in a real PostgreSQL: whoever comes second finds the lock, and two at once never change the hosts.
import { readFileSync } from 'node:fs'
import { type Lab, type Result, startLab } from '../../lab'
import { killGroup, waitFor } from '../../lab/command'
import { makeProject, type Project, specOf } from '../lab/pipeline-project'
import { type Postgres, startPostgres } from '../lab/postgres'
import { fetchPage, fingerprints } from '../lab/stack'
import { findTerraform } from '../provider/terraform'

let lab: Lab
let postgres: Postgres
let project: Project
let before: Awaited<ReturnType<typeof fingerprints>>
let env: NodeJS.ProcessEnv
/** Checkouts of two pipelines. */
let first: string
let second: string

beforeAll(async () => {
  ;[lab, postgres] = await Promise.all([startLab(), startPostgres()])
  project = makeProject(lab, postgres)
  before = await fingerprints(lab)
  const quiet = {
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
    TF_CLI_ARGS: '-no-color',
  }
  env = { ...project.env, ...postgres.login, ...quiet, SSH_PRIVATE_KEY: readFileSync(lab.keyFile, 'utf8') }
  ;[first, second] = [project.checkout('first'), project.checkout('second')]
})
afterAll(async () => {
  await lab?.stop()
  await postgres?.stop()
  project?.remove()
})

const script = (cwd: string, ...argv: string[]): Promise<Result> => lab.run('controller', argv, { cwd, env })

/** As a pipeline that waits for the lock; the agent is the step's, as in the scripts. */
const cdktf = (cwd: string, verb: 'deploy' | 'destroy') =>
  lab.run('controller', ['sh', '-ec', '. ci/setup.sh; npx --no-install cdktf "$0" tunnels --auto-approve', verb], {
    cwd,
    env: { ...env, TF_CLI_ARGS_apply: '-lock-timeout=60s', TF_CLI_ARGS_destroy: '-lock-timeout=60s' },
  })

const lockHolders = () =>
  postgres.ask(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted`).then(Number)

test('a deploy that meets another one fails, says that the state is locked, and changes nothing', async () => {
  for (const folder of [first, second]) expect(await script(folder, 'ci/plan.sh', 'tunnels')).toMatchObject({ code: 0 })

  const deploying = lab.spawn('controller', ['ci/deploy.sh', 'tunnels'], {
    cwd: first,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise(resolve => deploying.on('close', resolve))
  let said = ''
  deploying.stdout?.setEncoding('utf8').on('data', chunk => {
    said += chunk
  })
  await waitFor('the first to be at work', () => {
    if (deploying.exitCode !== null) throw new Error(`it has ended with status ${deploying.exitCode}: ${said}`)
    return said.includes('Creating...') ? true : undefined
  })
  // So that it is still at work when the second one comes, however fast it is.
  killGroup(deploying.pid, 'SIGSTOP')
  try {
    expect(await lockHolders()).toBe(1)
    const { code, stderr } = await script(second, 'ci/deploy.sh', 'tunnels')
    expect(stderr).toMatch(/Error acquiring the state lock[\s\S]*Already locked[\s\S]*Operation: +OperationTypeApply/)
    expect(code).toBe(1)
  } finally {
    killGroup(deploying.pid, 'SIGCONT')
  }
  expect(await ended).toBe(0)
  expect(said).toContain('2 added, 0 changed, 0 destroyed')
  expect(await lockHolders()).toBe(0)
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
})

test('its plan, which the first has overtaken, is refused when it comes again', async () => {
  const { code, stderr } = await script(second, 'ci/deploy.sh', 'tunnels')
  expect(stderr).toContain('Saved plan is stale')
  expect(code).toBe(1)
})

test('of two that deploy at once and wait for the lock one makes the change, and the other finds it made', async () => {
  project.writeSpec(specOf(lab).replace('8080', '8081'))
  ;[first, second] = [project.checkout('first'), project.checkout('second')]
  const both = await Promise.all([cdktf(first, 'deploy'), cdktf(second, 'deploy')])
  expect(both).toMatchObject([{ code: 0 }, { code: 0 }])
  const said = both.map(({ stdout }) => /\d added, \d changed, \d destroyed|No changes\./.exec(stdout)?.[0])
  expect(said.sort()).toEqual(['0 added, 1 changed, 0 destroyed', 'No changes.'])
  expect(await fetchPage(lab, 8081)).toBe('hello from far\n')
})

test('then hosts, spec and state agree', async () => {
  expect(await script(first, 'ci/check-drift.sh', 'tunnels.yaml')).toMatchObject({ code: 0, stdout: 'No changes.\n' })
  const plan = `. ci/setup.sh; cd cdktf.out/stacks/tunnels; "$0" plan -detailed-exitcode`
  expect(await script(second, 'sh', '-ec', plan, findTerraform())).toMatchObject({ code: 0 })
})

test('both destroy at once, and nothing is left on the hosts and in the state', async () => {
  const both = await Promise.all([cdktf(first, 'destroy'), cdktf(second, 'destroy')])
  expect(both).toMatchObject([{ code: 0 }, { code: 0 }])
  const said = both.map(({ stdout }) => /\d destroyed/.exec(stdout)?.[0])
  expect(said.sort()).toEqual(['0 destroyed', '2 destroyed'])
  expect(await fingerprints(lab)).toEqual(before)
  const state = JSON.parse(await postgres.ask('SELECT data FROM tunnels.states'))
  expect(state.resources).toEqual([])
})
