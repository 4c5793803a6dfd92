// The toy provider as one executable file, and waiting for what such a process does.
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { build } from 'esbuild'

export async function bundleToy(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, 'toy-main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
}

/** Looks every 20 ms; fails with what it waited for. */
export async function waitFor<T>(what: string, look: () => T | undefined | false, ms = 20_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await after(20)) {
    const seen = look()
    if (seen !== undefined && seen !== false) return seen
  }
  throw new Error(`waited ${ms} ms in vain for ${what}`)
}

/** A zombie that nobody reaps does not count. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function readJournal(folder: string): string[] {
  const path = join(folder, 'journal')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

/** The provider's pid, once its apply is under way. */
export function waitForApply(folder: string): Promise<number> {
  return waitFor('an apply under way', () => {
    const line = readJournal(folder).find(l => l.startsWith('applying '))
    return line && Number(line.split(' ')[1])
  }) as Promise<number>
}
