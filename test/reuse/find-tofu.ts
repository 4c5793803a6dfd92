// An OpenTofu for tests: from PATH, or built from its Go module into the user's cache, which takes minutes and so is done only on demand.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findTerraform } from '../provider/terraform'

const finder = join(__dirname, '../../lab/find-terraform.sh')

/** The path of an OpenTofu; undefined where there is none and TUNNELS_TEST_OPENTOFU does not ask to build one. */
export function findTofu(): string | undefined {
  const named = process.env.TERRAFORM_BINARY_NAME
  if (named && productOf(named) === 'OpenTofu') return named
  const empty = mkdtempSync(join(tmpdir(), 'no-terraform-'))
  try {
    hide(empty, 'terraform')
    // lab/find-terraform.sh builds one where Go is at hand.
    if (!process.env.TUNNELS_TEST_OPENTOFU) hide(empty, 'go')
    const { stdout } = spawnSync(finder, { env: environment(empty), encoding: 'utf8' })
    const found = stdout.trim()
    if (!found && process.env.TUNNELS_TEST_OPENTOFU) throw new Error(`${finder} found and built no OpenTofu`)
    return found || undefined
  } finally {
    rmSync(empty, { recursive: true })
  }
}

/** OpenTofu, or where there is none Terraform; says which, so that nobody takes one for the other. */
export function tofuOrTerraform(): string {
  const tofu = findTofu()
  const binary = tofu ?? findTerraform()
  const why = tofu ? '' : ': there is no OpenTofu here; TUNNELS_TEST_OPENTOFU=1 builds one'
  process.stderr.write(`These tests run with ${binary}${why}\n`)
  return binary
}

/** What it calls itself: OpenTofu or Terraform. */
export function productOf(binary: string): string {
  const { TF_CLI_CONFIG_FILE: _, ...env } = process.env
  return execFileSync(binary, ['version'], { env, encoding: 'utf8' }).split(' ')[0] ?? ''
}

/** A program of that name which is of no use, before all others of that name. */
function hide(folder: string, name: string): void {
  writeFileSync(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
}

function environment(first: string): NodeJS.ProcessEnv {
  const { TERRAFORM_BINARY_NAME: _, PATH = '', ...env } = process.env
  return { ...env, PATH: `${first}${delimiter}${PATH}` }
}
