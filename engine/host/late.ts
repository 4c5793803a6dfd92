// What knows ssh2 is loaded when it is first asked for: a check of a spec, a schema and a help need none of it.
export const login: typeof import('./ssh').login = (...words) =>
  (require('./ssh') as typeof import('./ssh')).login(...words)

export const readPrivateKey: typeof import('./keys').readPrivateKey = content =>
  (require('./keys') as typeof import('./keys')).readPrivateKey(content)
