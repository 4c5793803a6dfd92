// A spec of a lab's command line as a stack of CDK for Terraform, and the real terraform in its folder.
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab, Result } from '../../lab'
import { findTerraform } from '../provider/terraform'
import type { CommandLine } from './command-line'

const root = join(__dirname, '../..')

export interface Synthesized {
  readonly folder: string
  terraform(...args: string[]): Promise<Result>
  /** What it said; throws that when it fails. */
  mustTerraform(...args: string[]): Promise<string>
}

/** Of FOLDER/tunnels.yaml as it is now; again after each change of it. */
export async function synthesize(lab: Lab, { folder }: CommandLine): Promise<Synthesized> {
  cpSync(join(root, 'cdktf.json'), join(folder, 'cdktf.json'))
  const tsx = join(root, 'node_modules/tsx/dist/cjs/index.cjs')
  const { code, stderr } = await lab.run('controller', ['node', '--require', tsx, join(root, 'main.ts')], {
    cwd: folder,
    env: { CDKTF_OUTDIR: join(folder, 'cdktf.out'), TUNNELS_SPEC: 'tunnels.yaml' },
  })
  if (code !== 0) throw new Error(`main.ts: exit status ${code}\n${stderr}`)
  const stack = join(folder, 'cdktf.out/stacks/tunnels')
  mkdirSync(join(folder, 'tmp'), { recursive: true })
  const terraform: Synthesized['terraform'] = (...args) =>
    lab.run('controller', [findTerraform(), ...args], {
      cwd: stack,
      env: {
        HOME: folder,
        TMPDIR: join(folder, 'tmp'),
        CHECKPOINT_DISABLE: '1',
        TF_CLI_ARGS: '-no-color',
        TF_CLI_CONFIG_FILE: undefined,
      },
    })
  return {
    folder: stack,
    terraform,
    async mustTerraform(...args) {
      const { code, stdout, stderr } = await terraform(...args)
      if (code !== 0) throw new Error(`terraform ${args.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
      return stdout
    },
  }
}
