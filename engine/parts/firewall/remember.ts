// What was found out of a thing is kept as long as the thing: many tunnels ask the same of one snapshot.

export function remember<Key extends object, Found>(find: (key: Key) => Found): (key: Key) => Found {
  const known = new WeakMap<Key, { readonly found: Found }>()
  return key => {
    const there = known.get(key) ?? { found: find(key) }
    known.set(key, there)
    return there.found
  }
}
