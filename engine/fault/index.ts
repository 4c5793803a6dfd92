// A fault: something that failed, with the host, the script and what the user can do about it.

import { brief, plain } from '../../schemas/plain'
import type { FaultCode } from './codes'

export { type FaultCode, faultCodes } from './codes'

export interface FaultFields {
  /** Tells faults apart in code; codes.ts says what each means. */
  readonly code: FaultCode
  /** The name of the host that it is about. */
  readonly host: string
  /** One sentence: what could not be done. The first line of the message. */
  readonly what: string
  /** What was to be changed, where it is no longer so. */
  readonly tried?: string
  /** What was seen, if the sentence does not say it all. Default: made from script, exitStatus and stderr. */
  readonly happened?: string
  readonly script?: string
  readonly exitStatus?: number
  readonly stderr?: string
  /** How it stands, where that is not what one would think. */
  readonly now?: string
  /** What the user can do. */
  readonly cure?: string
}

/**
 * Thrown, never returned; a mistake of the user in the spec is a problem (spec/problem.ts), not a fault. What a host has said stands in it
 * as text, whoever shows it.
 */
export class Fault extends Error implements FaultFields {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly host: string
  readonly what: string
  readonly tried?: string
  readonly happened?: string
  readonly script?: string
  readonly exitStatus?: number
  readonly stderr?: string
  readonly now?: string
  readonly cure?: string

  constructor(given: FaultFields, options?: { cause?: unknown }) {
    const fields = asText(given)
    super(describe(fields), options)
    this.code = fields.code
    this.host = fields.host
    this.what = fields.what
    this.tried = fields.tried
    this.happened = fields.happened
    this.script = fields.script
    this.exitStatus = fields.exitStatus
    this.stderr = fields.stderr
    this.now = fields.now
    this.cure = fields.cure
  }
}

const asText = (given: FaultFields): FaultFields => {
  const { what, tried, happened, stderr, now, cure } = given
  return {
    ...given,
    what: plain(what),
    tried: tried && brief(tried),
    happened: happened && brief(happened),
    stderr: stderr && brief(stderr),
    now: now && brief(now),
    cure: cure && plain(cure),
  }
}

function describe(fields: FaultFields): string {
  const happened = fields.happened ?? describeEnd(fields)
  return [
    fields.what,
    ...(fields.tried ? [labelled('What was tried:', fields.tried)] : []),
    ...(happened ? [labelled('What happened:', happened)] : []),
    ...(fields.now ? [labelled('What is now:', fields.now)] : []),
    ...(fields.cure ? [labelled('What you can do:', fields.cure)] : []),
  ].join('\n')
}

function describeEnd({ script, exitStatus, stderr }: FaultFields): string | undefined {
  if (exitStatus === undefined && !stderr) return undefined
  const end = `${script ?? 'the program'} ended${exitStatus === undefined ? '' : ` with exit status ${exitStatus}`}`
  return stderr?.trim() ? `${end}:\n${stderr.trim()}` : end
}

const indent = 20

function labelled(label: string, text: string): string {
  const lines = text.trim().split('\n')
  return `  ${label.padEnd(indent - 2)}${lines.join(`\n${' '.repeat(indent)}`)}`
}
