// What a drop-in of ours says to sshd. Pure.

/** `Keyword value`, see sshd_config(5), by keyword in lower case; the values of one that stands several times, one after the other. */
export function settingsIn(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, keyword = '', value = ''] = /^\s*([A-Za-z][A-Za-z0-9]*)\s+(.*?)\s*$/.exec(line) ?? []
    const name = keyword.toLowerCase()
    const before = settings.get(name)
    if (name !== '') settings.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return settings
}
