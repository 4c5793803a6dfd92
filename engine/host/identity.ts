// A private key's file: the key itself or, where it takes a passphrase or a token to use it, its public half, by which the agent is asked.
import { open, readFile } from 'node:fs/promises'
import type { PrivateKey } from './keys'
import { readPrivateKey } from './late'
import { fieldsOf } from './wire'

/** What keeps us from using the key itself. */
type Lack = 'a passphrase' | 'a token' | 'its private half'

export type Identity =
  | { readonly kind: 'key'; readonly key: PrivateKey }
  /** `blob`: null where the public half stands nowhere. */
  | { readonly kind: 'elsewhere'; readonly blob: Buffer | null; readonly lacks: Lack }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable' | 'exposed' | 'invalid'; readonly why: string }

export async function readIdentity(path: string): Promise<Identity> {
  const read = await readOwn(path).catch((error: NodeJS.ErrnoException) => error)
  if (!('content' in read)) {
    if (read.code !== 'ENOENT') return { kind: 'unreadable', why: read.message }
    const blob = await readPublic(`${path}.pub`)
    return blob ? { kind: 'elsewhere', blob, lacks: 'its private half' } : { kind: 'missing' }
  }
  const { content, exposed } = read
  const key = readPrivateKey(content)
  const text = content.toString('latin1')
  const inside = publicHalf(text)
  const isToken = inside !== null && /^sk-/.test(fieldsOf(inside, 1)[0]?.toString('latin1') ?? '')
  const isLocked = typeof key === 'string' && (/encrypted/i.test(key) || text.includes('ENCRYPTED'))
  if ((typeof key !== 'string' || isLocked || isToken) && exposed !== null) return { kind: 'exposed', why: exposed }
  if (typeof key !== 'string') return { kind: 'key', key }
  if (isToken || isLocked) {
    const blob = inside ?? (await readPublic(`${path}.pub`))
    return { kind: 'elsewhere', blob, lacks: isToken ? 'a token' : 'a passphrase' }
  }
  const isPublic = parsePublic(text)
  return isPublic ? { kind: 'elsewhere', blob: isPublic, lacks: 'its private half' } : { kind: 'invalid', why: key }
}

/** `exposed`: the mode, where the file is ours and anybody else has a right to it (sshkey_perm_ok in OpenSSH's authfile.c). */
async function readOwn(path: string): Promise<{ content: Buffer; exposed: string | null }> {
  const file = await open(path)
  try {
    const { mode, uid } = await file.stat()
    const isExposed = uid === process.getuid?.() && (mode & 0o077) !== 0
    return { content: await file.readFile(), exposed: isExposed ? `0${(mode & 0o777).toString(8)}` : null }
  } finally {
    await file.close()
  }
}

/** The key or certificate of a file of one line, "TYPE BASE64 COMMENT". Null where there is none. */
export const readPublic = (path: string): Promise<Buffer | null> =>
  readFile(path, 'latin1').then(parsePublic, () => null)

function parsePublic(text: string): Buffer | null {
  const [, type = '', base64 = ''] = /^\s*((?:ssh|ecdsa|sk|rsa)-[\w@.-]+)[ \t]+([\w+/=]+)/.exec(text) ?? []
  const blob = Buffer.from(base64, 'base64')
  return type !== '' && fieldsOf(blob, 1)[0]?.toString('latin1') === type ? blob : null
}

/** Of a file in OpenSSH's own form, which has it in clear (PROTOCOL.key). */
function publicHalf(text: string): Buffer | null {
  const [, base64 = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\w+/=]+)-----END/.exec(text) ?? []
  const data = Buffer.from(base64, 'base64')
  const magic = 'openssh-key-v1\0'
  if (data.toString('latin1', 0, magic.length) !== magic) return null
  // Cipher, KDF, its options; then how many keys: one.
  const before = fieldsOf(data.subarray(magic.length), 3)
  const at = magic.length + before.reduce((sum, one) => sum + 4 + one.length, 0) + 4
  return before.length === 3 ? (fieldsOf(data.subarray(at), 1)[0] ?? null) : null
}
