// Of a long list the first are shown, and how many more there are. Pure.

/** As many as one reads. */
const most = 8

export const few = (all: readonly string[]): string[] =>
  all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : [...all]
