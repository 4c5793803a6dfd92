// The longest first, so that all workers end together; always in the same order.
const { default: Sequencer } = require('@jest/test-sequencer')

/** Those of a minute or so, the longest first. */
const long = ['drift', 'refusals', 'cli', 'null-engine', 'lifecycle', 'logins', 'kills', 'reuse', 'undone', 'interrupted', 'middle', 'many', 'guard', 'owner', 'doctor', 'obstacles', 'take-over', 'by-hand', 'watch', 'doctor-by-hand', 'comes-back', 'firewalls', 'opentofu', 'status', 'init', 'rows']

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const [, name] = /\/test\/lab\/([^/]+)\.test\.ts$/.exec(path) ?? []
      if (name === undefined) return long.length + 1
      return long.includes(name) ? long.indexOf(name) : long.length
    }
    return [...tests].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
  }
}
