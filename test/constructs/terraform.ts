// The real terraform, without a network and without this machine's own configuration.
import { spawnSync } from 'node:child_process'

/** Runs terraform in an empty network namespace (needs root); the output is stdout and stderr together. */
export function terraform(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { TF_CLI_CONFIG_FILE: _, TF_PLUGIN_CACHE_DIR: __, ...inherited } = process.env
  const ran = spawnSync('unshare', ['--net', 'terraform', ...args], {
    cwd: folder,
    env: { ...inherited, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', ...env },
    encoding: 'utf8',
  })
  if (ran.error) throw ran.error
  return { status: ran.status, output: ran.stdout + ran.stderr }
}
