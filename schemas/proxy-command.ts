// What ssh makes of a ProxyCommand's tokens (ssh_config(5), TOKENS). Pure.

/** What %h, %n, %p and %r stand for: the address, the host's name, the port and the user. */
export type ProxyTokens = Readonly<Record<'h' | 'n' | 'p' | 'r', string>>

/** `none`, however it is written, takes a ProxyCommand back. */
export const isProxy = (command: string | undefined): command is string =>
  command !== undefined && command.toLowerCase() !== 'none'

/** The first token that ssh does not know there; a percent sign at the end is one too. */
export const findOddToken = (command: string): string | undefined =>
  command.match(/%(?:[\s\S]|$)/g)?.find(token => !/^%[%hnpr]$/.test(token))

export const expandTokens = (command: string, tokens: Partial<ProxyTokens>): string =>
  command.replace(/%[\s\S]/g, token => (token === '%%' ? '%' : (tokens[token[1] as keyof ProxyTokens] ?? token)))

/** Whether it is another for each name. */
export const usesName = (command: string): boolean =>
  expandTokens(command, { n: '' }) !== expandTokens(command, { n: 'n' })
