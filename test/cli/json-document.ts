// Reads what a command prints with --json, and sees that it is as the command's JSON Schema says.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020'

const folder = join(__dirname, '../../cli/json')
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true })
for (const file of readdirSync(folder)) ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')))

/** The document; `schema` is the stem of its file in cli/json. @throws Error with every deviation from it */
// biome-ignore lint/suspicious/noExplicitAny: what a document holds is what its test is about
export function readDocument(schema: string, text: string): any {
  const document = JSON.parse(text)
  if (!ajv.validate(`${schema}.schema.json`, document)) throw new Error(`${ajv.errorsText()} in ${text}`)
  return document
}
