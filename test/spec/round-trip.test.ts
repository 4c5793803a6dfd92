// A spec that is written as YAML is read as what was written.
import fc from 'fast-check'
import { stringify } from 'yaml'
import { formatProblems, parseSpec } from '../../spec'
import { middle, near, owner, tunnel, tunnelName, written } from '../arbitraries'
import { tries } from '../tries'

const spec = fc.record({
  owner: fc.option(owner, { nil: undefined }),
  near,
  middle,
  tunnels: fc.uniqueArray(tunnel, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  names: fc.uniqueArray(tunnelName, { minLength: 2, maxLength: 2 }),
  flow: fc.boolean(),
})

test('hosts and tunnels come back as they were written, whatever they are called', () => {
  fc.assert(
    fc.property(spec, ({ owner, near, middle, tunnels, names: [client = '', server = ''], flow }) => {
      const hosts = { [client]: near, [server]: middle }
      const asWritten = tunnels.map(({ name: _, owner: __, client: ___, server: ____, ...rest }, at) => ({
        ...rest,
        // Each on a port of its own: two on one are a mistake.
        listen: (rest.listen ?? '').replace(/\d+$/, `${2000 + at}`),
        client: rest.forward === 'remote' || rest.listen?.startsWith('0.0.0.0') ? client : server,
        server,
      }))
      const file = {
        version: 1,
        owner,
        hosts: Object.fromEntries(Object.entries(hosts).map(([name, { name: _, ...host }]) => [name, host])),
        tunnels: Object.fromEntries(tunnels.map(({ name }, at) => [name, asWritten[at]])),
      }
      const text = flow ? JSON.stringify(file, null, 1) : stringify(written(file))
      const { spec: read, problems } = parseSpec(text, 'tunnels.yaml')
      expect(formatProblems(problems, text)).toBe('')
      const named = (name: string) => ({ ...hosts[name], name })
      expect(read?.owner).toBe(owner ?? null)
      expect(written(read?.hosts)).toEqual(written({ [client]: named(client), [server]: named(server) }))
      const resolved = tunnels.map(({ name }, at) => {
        const { client, server, ...rest } = { client: '', server: '', ...asWritten[at] }
        return written({ name, owner, ...rest, client: named(client), server: named(server) })
      })
      // An object puts names that are numbers first.
      expect(written(read?.tunnels)).toHaveLength(resolved.length)
      expect(written(read?.tunnels)).toEqual(expect.arrayContaining(resolved))
    }),
    tries(200),
  )
})
