// Asks ssh's agent: which keys it holds, and a signature by one of them (draft-miller-ssh-agent). Of any type: the agent of OpenSSH also
// holds certificates and the keys of hardware.
import { connect } from 'node:net'
import { field, fieldsOf } from './wire'

const request = { identities: 11, sign: 13 } as const
const answer = { identities: 12, signed: 14 } as const
/** For an RSA key: a signature of rsa-sha2-512 (RFC 8332), not of SHA-1. */
const rsaSha512 = 4

/** More than an agent answers. */
const mostBytes = 1024 * 1024

/** The public keys and certificates that it holds, as blobs. Rejects where nobody answers. */
export async function listAgentBlobs(socket: string): Promise<readonly Buffer[]> {
  const said = await ask(socket, Buffer.from([request.identities]))
  if (said[0] !== answer.identities || said.length < 5) throw new Error('it tells no keys')
  // A blob and a comment each.
  return fieldsOf(said.subarray(5)).filter((_, at) => at % 2 === 0)
}

/** A signature as SSH has it, with its type before it. Rejects where the agent refuses: it may ask somebody, who says no. */
export async function signByAgent(socket: string, blob: Buffer, data: Buffer, isRsa: boolean): Promise<Buffer> {
  const flags = Buffer.from([0, 0, 0, isRsa ? rsaSha512 : 0])
  const said = await ask(socket, Buffer.concat([Buffer.from([request.sign]), field(blob), field(data), flags]))
  const [signature] = said[0] === answer.signed ? fieldsOf(said.subarray(1)) : []
  if (!signature) throw new Error('the agent refused to sign')
  return signature
}

/** No limit on the time: a token may have to be touched. The login has one. */
function ask(socket: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0)
    const agent = connect(socket)
    const end = (why: Error) => {
      agent.destroy()
      reject(why)
    }
    agent.on('error', end)
    agent.on('close', () => reject(new Error('it ended the connection')))
    agent.on('data', chunk => {
      heard = Buffer.concat([heard, chunk])
      if (heard.length > mostBytes) return end(new Error('it says too much'))
      if (heard.length < 4 || heard.length < 4 + heard.readUInt32BE(0)) return
      resolve(heard.subarray(4, 4 + heard.readUInt32BE(0)))
      agent.destroy()
    })
    agent.write(field(message))
  })
}
