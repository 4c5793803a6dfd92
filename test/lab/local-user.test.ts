// On Debian 12: code that runs as a tunnel's account reads no secret, changes nothing that matters and holds up no deploy.
import { explained, tryLocalUser } from './local-user'

tryLocalUser('bookworm', (_column, name, body) => test(name, body, 120_000))

test('each setting that is left open is explained once', () => {
  expect([...new Set(explained)]).toEqual(explained)
})
