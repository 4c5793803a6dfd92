// Arguments that quoting gets wrong easily, and a program that shows what it got.

export const oddArguments: readonly string[] = [
  '',
  'plain',
  '-n',
  '--',
  '-c',
  ' two  spaces ',
  "it's",
  '"double"',
  '$(id) `id` $HOME $$ ${x}',
  'two\nlines\n\n',
  '\n',
  '!history !! !$',
  "\\n \\047 \\\\ \\' \\c",
  '\\',
  'ünïcödé 日本 🚇',
  '%s %b %',
  '* ? [a-z] {b,c} ~',
  '\t\r\x01\x7f',
  '\x0112\n34',
  '; exit 9 #',
  '& | < > ( )',
]

/** Prints $0 and every argument with a NUL after each, and then its stdin. */
export const showArguments = `set -eu
# it's a "comment" with ! and \\ and \`ticks\`
printf '%s\\0' "$0" "$@"
cat
`
