// Amounts in few characters: how long ago, how many bytes, how fast.

const spans = [
  [24 * 3600, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** Of milliseconds: "3 d", "12 min"; the largest unit of which there is at least one. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [size, unit] = spans.find(([each]) => seconds >= each) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Of bytes, in steps of a thousand: "512 B", "1.2 MB". */
export function size(bytes: number): string {
  const step = Math.min(sizes.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${step === 0 ? bytes : oneDigit(bytes / 1000 ** step)} ${sizes[step]}`
}

export const speed = (ms: number): string => `${oneDigit(ms)} ms`

/** "1.8", and "18" of what has more digits before the point. */
const oneDigit = (value: number): string => value.toFixed(value < 9.95 ? 1 : 0)
