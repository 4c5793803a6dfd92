// Writes schemas/types.ts from the JSON Schemas; run by `npm run build`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const folder = dirname(fileURLToPath(import.meta.url))
const suffix = '.schema.json'
const files = readdirSync(folder)
  .filter(file => file.endsWith(suffix))
  .sort()
const schemas = Object.fromEntries(files.map(file => [file, JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))]))

/**
 * One self-contained document: a $ref to a whole schema or to one of its $defs points into `definitions`, alone, because
 * json-schema-to-typescript makes a second type (Host1, Host2) of a $ref that has a description beside it; a $ref to
 * another schema's property is replaced by that property, because it would become a type of its own.
 */
function gather(node, file) {
  if (Array.isArray(node)) return node.map(item => gather(item, file))
  if (node === null || typeof node !== 'object') return node
  if (typeof node.$ref === 'string') {
    const [target, pointer = ''] = node.$ref.split('#')
    const from = target || file
    if (!pointer.startsWith('/properties/')) return { $ref: `#/definitions/${from}${pointer}` }
    const property = schemas[from].properties[pointer.slice('/properties/'.length)]
    return gather({ ...property, description: node.description ?? property.description }, from)
  }
  // These say nothing to TypeScript, but would be made types.
  const { $id, propertyNames, if: _, then: __, else: ___, ...rest } = node
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, gather(value, file)]))
}

const everything = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(files.map(file => [file.replace(suffix, ''), { $ref: `#/definitions/${file}` }])),
  definitions: Object.fromEntries(files.map(file => [file, gather(schemas[file], file)])),
}
const text = await compile(everything, 'Everything', {
  bannerComment: '// Made from the JSON Schemas by schemas/generate-types.mjs. Do not edit.',
  ignoreMinAndMaxItems: true,
  style: { semi: false, singleQuote: true, printWidth: 120 },
})
writeFileSync(`${folder}/types.ts`, text)
