// Terraform without ours: a folder in which only what is built in is used, run in the controller.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { findTerraform } from '../test/provider/terraform'
import { timeoutMs } from './contender'

export interface PlainTerraform {
  readonly folder: string
  /** Writes the configuration, as in a .tf.json file, and initializes the folder. */
  declare(configuration: object): Promise<void>
  /** The exit status; throws what was said where it is none of the fine ones. */
  run(args: readonly string[], fine?: readonly number[]): Promise<number>
  remove(): void
}

export function makePlainTerraform(lab: Lab): PlainTerraform {
  const folder = mkdtempSync(join(tmpdir(), 'bench-terraform-'))
  const env = {
    HOME: folder,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    TF_CLI_ARGS: '-no-color',
    TF_CLI_CONFIG_FILE: undefined,
  }
  const run: PlainTerraform['run'] = async (args, fine = [0]) => {
    const argv = [findTerraform(), ...args]
    const { code, stdout, stderr } = await lab.run('controller', argv, { cwd: folder, env, timeoutMs })
    if (!fine.includes(code))
      throw new Error(`terraform ${args.join(' ')}: exit status ${code}\n${stdout.slice(-3000)}${stderr}`)
    return code
  }
  return {
    folder,
    async declare(configuration) {
      writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration))
      await run(['init'])
    },
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
