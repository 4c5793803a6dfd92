// A public key as OpenSSH writes it, type and base64: whether it is a whole one. Pure.

/** Type and base64, without a comment. */
export const bareKey = (key: string): string => key.split(' ').slice(0, 2).join(' ')

/** In a file it stands as one line's words: nothing else may get there from another host. */
export function isPublicKey(text: string): boolean {
  const [type = '', base64 = '', ...more] = text.split(' ')
  return (
    more.length === 0 &&
    /^[a-z0-9@.-]+$/.test(type) &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(base64) &&
    base64.length % 4 === 0 &&
    holds(type, base64)
  )
}

/** It is a run of fields, and the first one repeats its type. */
function holds(type: string, base64: string): boolean {
  const fields = fieldsOf(base64)
  return fields !== null && fields.length > 1 && fields[0]?.toString('latin1') === type
}

/** The length-prefixed fields of a public key (RFC 4253, 6.6); null where they do not fill it. */
export function fieldsOf(base64: string): Buffer[] | null {
  const blob = Buffer.from(base64, 'base64')
  const fields: Buffer[] = []
  let at = 0
  while (at + 4 <= blob.length) {
    const end = at + 4 + blob.readUInt32BE(at)
    fields.push(blob.subarray(at + 4, end))
    at = end
  }
  return at === blob.length ? fields : null
}
