// Data as SSH writes it (RFC 4251, 5): a field is four bytes of length and so many bytes.

export function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The fields from the beginning on, as many as are whole, at most `most`. */
export function fieldsOf(data: Buffer, most = Number.POSITIVE_INFINITY): Buffer[] {
  const fields: Buffer[] = []
  let at = 0
  while (at + 4 <= data.length && fields.length < most) {
    const end = at + 4 + data.readUInt32BE(at)
    if (end > data.length) break
    fields.push(data.subarray(at + 4, end))
    at = end
  }
  return fields
}

/** The first field, as text: what type a key, a certificate or a signature is of. */
export const typeOf = (blob: Buffer): string => fieldsOf(blob, 1)[0]?.toString('latin1') ?? ''
