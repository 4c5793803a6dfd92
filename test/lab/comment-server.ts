// Stands for GitHub's and GitLab's comments: takes what is posted to it, in the lab's controller, and remembers it.
import type { Lab } from '../../lab'
import { killGroup, waitFor } from '../../lab/command'

export interface Posted {
  readonly url: string
  readonly authorization: string
  readonly body: string
}

export interface CommentServer {
  readonly url: string
  readonly posted: readonly Posted[]
  stop(): void
}

const program = `require('http').createServer((request, response) => {
  let text = ''
  request.on('data', chunk => { text += chunk })
  request.on('end', () => {
    const { url, headers: { authorization } } = request
    console.log(JSON.stringify({ url, authorization, body: JSON.parse(text).body }))
    response.writeHead(201).end()
  })
}).listen(8123, '127.0.0.1', () => console.log('{}'))`

export async function startCommentServer(lab: Lab): Promise<CommentServer> {
  const child = lab.spawn('controller', ['node', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    said += chunk
  })
  await waitFor('the comment server', () => (said.includes('\n') ? true : undefined))
  return {
    url: 'http://127.0.0.1:8123',
    get posted() {
      return said
        .split('\n')
        .slice(1, -1)
        .map(line => JSON.parse(line) as Posted)
    },
    stop: () => killGroup(child.pid),
  }
}
