// What --json prints, from the JSON Schemas of cli/json: a section a document, a row a value. Pure.

interface Schema {
  readonly $id?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
}

export function formatJson(schemas: readonly Schema[], exitCodes: readonly (readonly [string, string])[]): string {
  const byId = new Map(schemas.map(schema => [schema.$id ?? '', schema]))
  const documents = schemas.filter(({ title }) => title !== undefined)
  return `# What --json prints

<!-- Made by docs/generate.ts from cli/json. Do not edit. -->

One document on standard output, in UTF-8; progress goes to standard error. Every document has \`command\`, and \`errors\`, which is empty when all went well.
Words that make no sense are a document too: see [wrong words](#wrong-words).
Values may be added in later versions, and none that is here is taken away or changes what it means without a word in the CHANGELOG. The
[JSON Schemas](../cli/json) are what the tests hold real output to. \`a[].b\` is \`b\` of each item of the list \`a\`.

The exit status says the same in one number:

| status | what it means |
|---|---|
${exitCodes.map(([code, says]) => `| ${code} | ${says} |`).join('\n')}

${documents.map(one => section(one, byId)).join('\n')}`
}

function section(document: Schema, byId: ReadonlyMap<string, Schema>): string {
  const rows = rowsOf(document, document, byId, '')
  return `## ${document.title}

${document.description ?? ''}

| value | type | what it says |
|---|---|---|
${rows.join('\n')}
`
}

function rowsOf(schema: Schema, document: Schema, byId: ReadonlyMap<string, Schema>, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const { schema: value, within } = follow(given, document, byId)
    const own = `${path}${name}`
    const always = path === '' || schema.required?.includes(name) ? '' : ' or absent'
    const says = given.description ?? value.description ?? ''
    return [
      `| \`${own}\` | ${typeOf(value, within, byId)}${always} | ${cell(says)} |`,
      ...inner(value, within, byId, own),
    ]
  })
}

function inner(value: Schema, document: Schema, byId: ReadonlyMap<string, Schema>, path: string): string[] {
  const some = [value, ...(value.anyOf ?? []), ...(value.oneOf ?? [])].map(one => follow(one, document, byId))
  return some.flatMap(({ schema, within }) => [
    ...rowsOf(schema, within, byId, `${path}.`),
    ...(schema.items ? inner({ ...schema.items }, within, byId, `${path}[]`) : []),
  ])
}

/** A reference to another place, of this document or of another; without one the schema itself. */
function follow(
  schema: Schema,
  document: Schema,
  byId: ReadonlyMap<string, Schema>,
): { schema: Schema; within: Schema } {
  if (!schema.$ref) return { schema, within: document }
  const [file = '', pointer = ''] = schema.$ref.split('#')
  const within = file === '' ? document : byId.get(file)
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], within)
  if (!within || !found) throw new Error(`${schema.$ref} leads nowhere`)
  return { schema: found as Schema, within }
}

function typeOf(schema: Schema, document: Schema, byId: ReadonlyMap<string, Schema>): string {
  const { schema: value, within } = follow(schema, document, byId)
  if ('const' in value) return `\`${JSON.stringify(value.const)}\``
  if (value.enum) return value.enum.map(one => `\`${JSON.stringify(one)}\``).join(', ')
  const either = value.anyOf ?? value.oneOf
  if (either) return [...new Set(either.map(one => typeOf(one, within, byId)))].join(' or ')
  const types = [value.type ?? 'anything'].flat()
  return types
    .map(type => (type === 'array' && value.items ? `list of ${typeOf(value.items, within, byId)}` : type))
    .join(' or ')
}

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\n/g, ' ')
