// Text for a terminal: what hosts and files say must not be able to steer it.

/** Without control characters other than line ends, and without marks that turn the direction of writing. */
export function plain(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?!\n)\p{Cc}|\p{Bidi_Control}/gu, '\uFFFD')
}
