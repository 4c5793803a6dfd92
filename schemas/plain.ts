// Text for a terminal, a plan or a log: what hosts and files say must not be able to steer it. Pure.

/** Control characters but line ends and tabs, marks that turn the direction of writing, and lines that only some programs break. */
const steering = /[^\P{Cc}\n\t]|[\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/** In place of each such character stands U+FFFD. */
export const plain = (text: string): string => text.replace(/\r\n/g, '\n').replace(steering, '\uFFFD')

/** JSON that one may show as it is: JSON.stringify itself escapes only what is below the space. */
export const plainJson = (value: unknown, space?: number): string =>
  JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one), space).replace(
    /[\x7f-\x9f]|[\p{Bidi_Control}\p{Zl}\p{Zp}]/gu,
    one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** What a host may say at once, in characters: of more its beginning and its end are shown. */
const longest = 8000

/** The same of a text of any length. */
export function brief(text: string): string {
  if (text.length <= longest) return plain(text)
  const left = text.length - longest
  return plain(`${text.slice(0, longest / 2)}\n(${left} characters are left out)\n${text.slice(-longest / 2)}`)
}
