// A resource's schema as the Terraform registry shows it: required, optional, read-only, and a section for each nested object. Pure.

import type { Attribute, Schema, Type } from '../provider/plugin'
import { snakeCase } from '../schemas/snake-case'

export function formatSchema({ attributes }: Schema): string {
  return ['## Schema', ...groups(attributes, '### ', []), ...attributes.flatMap(one => nested(one, []))].join('\n\n')
}

function nested({ name, type }: Attribute, above: readonly string[]): string[] {
  if (!isObject(type)) return []
  const path = [...above, name]
  const title = `<a id="${anchor(path)}"></a>\n### Nested Schema for \`${path.join('.')}\``
  return [title, ...groups(type.object, '', path), ...type.object.flatMap(one => nested(one, path))]
}

function groups(attributes: readonly Attribute[], mark: string, path: readonly string[]): string[] {
  const kinds = [
    ['Required', attributes.filter(one => one.required)],
    ['Optional', attributes.filter(one => one.optional)],
    ['Read-Only', attributes.filter(one => one.computed && !one.optional)],
  ] as const
  return kinds
    .filter(([, group]) => group.length > 0)
    .map(([kind, group]) => {
      const lines = [...group].sort((a, b) => (a.name < b.name ? -1 : 1)).map(one => line(one, path))
      return `${mark}${kind}${mark ? '' : ':'}\n\n${lines.join('\n')}`
    })
}

function line({ name, type, description = '', sensitive }: Attribute, path: readonly string[]): string {
  // The schemas are written for YAML, where hostKey is what is host_key here.
  const words = description.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, snakeCase)
  const below = isObject(type) ? ` (see [below for nested schema](#${anchor([...path, name])}))` : ''
  return `- \`${name}\` (${wordsOf(type)}${sensitive ? ', Sensitive' : ''}) ${words}${below}`.trimEnd()
}

function wordsOf(type: Type): string {
  if (type === 'bool') return 'Boolean'
  if (typeof type === 'string') return `${type.charAt(0).toUpperCase()}${type.slice(1)}`
  if ('list' in type) return `List of ${wordsOf(type.list)}`
  if ('map' in type) return `Map of ${wordsOf(type.map)}`
  return type.nesting === 'list' ? 'Attributes List' : 'Attributes'
}

type ObjectType = Extract<Type, { readonly object: unknown }>

const isObject = (type: Type): type is ObjectType => typeof type === 'object' && 'object' in type
const anchor = (path: readonly string[]): string => `nestedatt--${path.join('--')}`
