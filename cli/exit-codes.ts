// What the command's exit status says: the help, the manual page and the docs are made from this.
export const exitCodes = [
  ['0', 'done, or nothing to do'],
  ['1', 'an error; what could be done in spite of it is done'],
  ['2', 'plan --detailed-exitcode: there are changes'],
  ['3', 'something that was asked about is not well, or nobody can tell'],
  ['130', 'stopped by Ctrl-C (or SIGTERM)'],
] as const
