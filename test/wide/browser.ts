// A real browser: opens a page, and what its script puts into the document comes back; or what it looks like.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '../../lab/command'

export interface Browser {
  /** What `script`, the body of an async function, returns in a page with this body. @throws Error with what it throws there */
  ask(body: string, script: string): Promise<unknown>
  /** Writes a PNG of the page. */
  shoot(body: string, file: string, size: string): Promise<void>
}

export type Scheme = 'light' | 'dark'

/** `folder` is for the pages, and goes with the caller's own. */
export function makeBrowser(program: string, scheme: Scheme): Browser {
  const start = async (body: string, script: string, words: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'browser-'))
    try {
      const page = join(folder, 'page.html')
      writeFileSync(
        page,
        `<!doctype html><meta charset="utf-8"><style>body { margin: 0 }</style><body>${body}\n<script>${script}</script>`,
      )
      const common = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        `--user-data-dir=${folder}/profile`,
      ]
      const colours = `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`
      return await must([program, ...common, colours, ...words, `file://${page}`], { timeoutMs: 60_000 })
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
  return {
    async ask(body, script) {
      const whole = `(async () => { ${script} })().then(found => ({ found }), error => ({ error: String(error) })).then(it => {
        document.body.dataset.answer = encodeURIComponent(JSON.stringify(it))
      })`
      const dom = await start(body, whole, ['--virtual-time-budget=30000', '--dump-dom'])
      const answer = /data-answer="([^"]*)"/.exec(dom)?.[1]
      if (answer === undefined) throw new Error(`no answer in a page of ${dom.length} characters`)
      const { found, error } = JSON.parse(decodeURIComponent(answer))
      if (error) throw new Error(error)
      return found
    },
    async shoot(body, file, size) {
      await start(body, '', [`--screenshot=${file}`, `--window-size=${size}`, '--hide-scrollbars'])
    },
  }
}
