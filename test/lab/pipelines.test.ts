// The example pipelines on real hosts: each job as the platform runs it, in a checkout of its own, by the very lines of its file.
import {
  accessSync,
  appendFileSync,
  constants,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { command, must } from '../../lab/command'
import { type CommentServer, startCommentServer } from './comment-server'
import { makeProject, type Project, specOf } from './pipeline-project'
import { githubRunner, gitlabRunner, type Runner } from './pipeline-runner'
import { type Postgres, startPostgres } from './postgres'
import { fetchPage, fingerprints, readBanner } from './stack'

const examples = join(__dirname, '../../examples')
const scripts = join(examples, 'github-actions/ci')

let lab: Lab
let postgres: Postgres
let project: Project
let comments: CommentServer
let github: Runner
let gitlab: Runner
let before: Awaited<ReturnType<typeof fingerprints>>
/** Lines that a job has run with success. */
const done = new Set<string>()

beforeAll(async () => {
  ;[lab, postgres] = await Promise.all([startLab(), startPostgres()])
  project = makeProject(lab, postgres)
  comments = await startCommentServer(lab)
  before = await fingerprints(lab)
  const secrets = { ...postgres.login, SSH_PRIVATE_KEY: readFileSync(lab.keyFile, 'utf8').trimEnd() }
  const around = {
    run: (argv: readonly string[], options: object) => lab.run('controller', argv, options),
    checkout: project.checkout,
    env: project.env,
  }
  github = githubRunner(readFileSync(join(examples, 'github-actions/ssh-tunnels.yml'), 'utf8'), {
    ...around,
    store: join(project.folder, 'github-artifacts'),
    values: {
      ...Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`secrets.${name}`, value])),
      'secrets.GITHUB_TOKEN': 'token-of-github',
      'github.event.pull_request.comments_url': `${comments.url}/repos/owner/name/issues/1/comments`,
    },
  })
  gitlab = gitlabRunner(readFileSync(join(examples, 'gitlab-ci/.gitlab-ci.yml'), 'utf8'), {
    ...around,
    store: join(project.folder, 'gitlab-artifacts'),
    values: {
      ...secrets,
      COMMENT_TOKEN: 'token-of-gitlab',
      CI_API_V4_URL: `${comments.url}/api/v4`,
      CI_PROJECT_ID: '7',
      CI_MERGE_REQUEST_IID: '2',
    },
  })
})
afterAll(async () => {
  comments?.stop()
  await lab?.stop()
  await postgres?.stop()
  project?.remove()
})

async function mustRun(runner: Runner, job: string) {
  const ran = await runner.runJob(job)
  if (ran.code !== 0) throw new Error(`${job}: exit status ${ran.code}\n${ran.stdout}${ran.stderr}`)
  for (const line of ran.lines) done.add(line)
  return ran
}

test('a spec with mistakes fails the first job, with all of them', async () => {
  project.writeSpec(
    specOf(lab).replace('server: middle', 'server: nowhere').replace('server935:22', 'server935:220000'),
  )
  const { code, stdout } = await github.runJob('validate')
  expect(code).toBe(1)
  expect(stdout).toMatch(/tunnels\.yaml:6:\d+[\s\S]*nowhere[\s\S]*tunnels\.yaml:7:\d+[\s\S]*220000/)
  project.writeSpec(specOf(lab))
  expect((await mustRun(github, 'validate')).stdout).toContain('2 tunnels, 2 hosts: no problems')
})

test('a pull request gets the plan as a comment, and nothing changes', async () => {
  const { folder } = await mustRun(github, 'plan')
  const text = readFileSync(join(folder, 'plan.md'), 'utf8')
  expect(text).toMatch(/^### Tunnels: tunnels\n\nPlan: 2 to add, 0 to change, 0 to destroy\.\n/)
  expect(text).toContain('+ permit_listen')
  await mustRun(github, 'comment')
  const url = '/repos/owner/name/issues/1/comments'
  expect(comments.posted).toEqual([{ url, authorization: 'Bearer token-of-github', body: text }])
  expect(await fingerprints(lab)).toEqual(before)
})

test('a provider that is not the one that planned is refused', async () => {
  const store = join(project.folder, 'github-artifacts')
  const archive = join(store, 'plan.tar')
  const genuine = readFileSync(archive)
  const tar = (...args: string[]) => must(['tar', ...args], { cwd: store })
  await tar('-xf', archive)
  const plugins = join(store, 'tunnels/terraform.d/plugins')
  const [provider = ''] = readdirSync(plugins, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.includes('/terraform-provider-'),
  )
  appendFileSync(join(plugins, provider), '// changed\n')
  await tar('-cf', archive, 'tunnels')
  const { code, stderr } = await github.runJob('deploy')
  expect(stderr).toMatch(/checksum/)
  expect(code).toBe(1)
  expect(await fingerprints(lab)).toEqual(before)
  writeFileSync(archive, genuine)
})

test('the deploy applies the saved plan where nothing else of the plan job is left', async () => {
  for (const name of readdirSync(project.folder).filter(one => one.startsWith('plan-'))) {
    rmSync(join(project.folder, name), { recursive: true })
  }
  const { stdout } = await mustRun(github, 'deploy')
  expect(stdout).toContain('2 added, 0 changed, 0 destroyed')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
})

test('the nightly check is content, until somebody changes a host: then it fails and names the attribute', async () => {
  expect((await mustRun(github, 'drift')).stdout).toBe('No changes.\n')
  await lab.hosts.middle.sh('systemctl stop tunnel-ssh')
  const { code, stdout } = await github.runJob('drift')
  expect(stdout).toMatch(/~ tunnel "ssh" \{\n {6}~ service += \{ # on middle\n {10}~ active = false -> true\n/)
  expect(code).toBe(2)
})

test("GitLab's pipeline runs the same scripts, and repairs it", async () => {
  await mustRun(gitlab, 'validate')
  const { folder } = await mustRun(gitlab, 'plan')
  const text = readFileSync(join(folder, 'plan.md'), 'utf8')
  expect(text).toMatch(/\nPlan: 0 to add, 1 to change, 0 to destroy\.\n[\s\S]*~ active += false -> true/)
  await mustRun(gitlab, 'comment')
  const url = '/api/v4/projects/7/merge_requests/2/notes'
  expect(comments.posted.at(-1)).toEqual({ url, authorization: 'Bearer token-of-gitlab', body: text })
  expect((await mustRun(gitlab, 'deploy')).stdout).toContain('0 added, 1 changed, 0 destroyed')
  expect((await mustRun(gitlab, 'drift')).stdout).toBe('No changes.\n')
})

test('neither the key nor the password is in any file of a job, in the plan or in the state, and no agent is left', async () => {
  const keyLines = readFileSync(lab.keyFile, 'utf8').split('\n').slice(1, -2)
  const secrets = [...keyLines, postgres.login.PGPASSWORD, 'token-of-github', 'token-of-gitlab']
  const plan = join(project.folder, 'gitlab-artifacts')
  await must(['tar', '-xf', 'plan.tar'], { cwd: plan })
  const unpacked = await must(['busybox', 'unzip', '-p', 'tunnels/plan'], { cwd: plan })
  const state = await postgres.ask('SELECT data FROM tunnels.states')
  for (const text of [unpacked, state]) {
    expect(text).toContain(lab.hosts.middle.address)
    expect(secrets.filter(secret => text.includes(secret))).toEqual([])
  }
  const inFiles = (texts: readonly string[]) =>
    command(['grep', '-rlaF', '-f', '-', project.folder], { input: `${texts.join('\n')}\n` })
  expect((await inFiles([lab.hosts.middle.address])).stdout).toContain('cdk.tf.json')
  expect(await inFiles(secrets)).toMatchObject({ code: 1, stdout: '' })
  expect(readdirSync(join(project.folder, 'tmp')).filter(name => name.startsWith('ssh-'))).toEqual([])
})

test('every line of the files is npm ci or a script that is there and has run; all scripts are in use and clean', async () => {
  for (const { lines } of [github, gitlab]) {
    const own = lines.filter(line => line !== 'npm ci')
    expect(own.filter(line => !done.has(line))).toEqual([])
    for (const line of own) accessSync(join(scripts, '..', line.split(' ')[0] ?? ''), constants.X_OK)
    const used = [...new Set(own.map(line => line.split(' ')[0]))].sort()
    const all = readdirSync(scripts).map(name => `ci/${name}`)
    expect(used).toEqual(all.filter(name => name !== 'ci/setup.sh').sort())
  }
  const files = readdirSync(scripts).map(name => join(scripts, name))
  expect(await command(['shellcheck', '--external-sources', ...files])).toMatchObject({ code: 0, stdout: '' })
})

test("GitHub's file uses the platform's own actions only, and one token that may write comments", () => {
  const uses = [...github.text.matchAll(/uses: (.*)/g)].map(([, name]) => name)
  expect(uses.filter(name => !/^actions\/(checkout|setup-node|(up|down)load-artifact)@v\d+$/.test(name ?? ''))).toEqual(
    [],
  )
  expect(github.text.match(/[a-z-]+: write/g)).toEqual(['pull-requests: write'])
})

describe('where there is no Terraform', () => {
  const release = async (sum?: string) => {
    const folder = mkdtempSync(join(project.folder, 'release-'))
    const [bin, version] = [join(folder, 'bin'), '9.9.9']
    const zip = join(folder, version, `terraform_${version}_linux_amd64.zip`)
    await command(
      ['sh', '-ec', 'mkdir -p bin 9.9.9 && printf "#!/bin/sh\necho v9.9.9\n" >terraform && chmod +x terraform'],
      {
        cwd: folder,
      },
    )
    await must(['zip', '-q', zip, 'terraform'], { cwd: folder })
    for (const tool of ['sh', 'curl', 'mkdir', 'rm', 'sha256sum', 'unzip']) {
      symlinkSync(await must(['sh', '-c', `command -v ${tool}`]), join(bin, tool))
    }
    const env = {
      PATH: bin,
      TERRAFORM_BINARY_NAME: undefined,
      TERRAFORM_VERSION: version,
      TERRAFORM_RELEASES: `file://${folder}`,
      TERRAFORM_SHA256: sum ?? (await must(['sha256sum', zip])).split(' ')[0],
    }
    return command(['/bin/sh', join(scripts, 'install-terraform.sh')], { cwd: folder, env })
  }

  test('the release is fetched', async () => {
    expect(await release()).toMatchObject({ code: 0, stdout: 'v9.9.9\n' })
  })

  test('another file in its place is refused', async () => {
    expect(await release('0'.repeat(64))).toMatchObject({ code: 1, stderr: expect.stringContaining('did NOT match') })
  })
})
