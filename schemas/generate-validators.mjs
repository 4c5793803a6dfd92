// Writes schemas/validators/ from the JSON Schemas: what Ajv would make of them at each start is made once; run by `npm run build`.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { writeWhole } from '../build/write-whole.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const read = name => JSON.parse(readFileSync(`${folder}/${name}.schema.json`, 'utf8'))

/** In a file each, because a bundle takes a file whole. */
const validators = {
  // What strict changes at run time: a number that is not finite has the wrong type, where here it is out of range.
  resource: { names: ['tunnel', 'middle'], with: ['host', 'jump'], options: { strict: false } },
  spec: { names: ['spec'], with: ['host', 'jump', 'middle', 'tunnel'], options: { allowUnionTypes: true } },
}

for (const [file, { names, with: others, options }] of Object.entries(validators)) {
  const schemas = [...names, ...others].map(read)
  // verbose: an error also tells the value and the schema that it is about, from which its words are made.
  const ajv = new Ajv({ ...options, allErrors: true, verbose: true, schemas, code: { source: true, esm: true } })
  const code = standalone.default(ajv, Object.fromEntries(names.map(name => [name, `${name}.schema.json`])))
  const typed = code.replaceAll(/\bexport const (\w+) = (validate\d+);/g, 'export const $1: ValidateFunction = $2;')
  writeWhole(
    `${folder}/validators/${file}.ts`,
    `// Made from the JSON Schemas by schemas/generate-validators.mjs. Do not edit.
// @ts-nocheck
import type { ValidateFunction } from 'ajv'
${typed.replace('"use strict";', '')}
`,
  )
}
