// How a cure reads for who has a spec: the command that carries it out, or the line where it is to be written.
import type { Diagnosis, Walked } from '../engine'
import { readSpec } from '../spec'

/** A cure that a deploy is tells how to have it, and one that the spec is, where in it. */
export const cureFor =
  (spec: string) =>
  ({ name }: Diagnosis, { cure, mends }: Walked): string | undefined => {
    if (cure?.includes(' in the spec')) {
      const place = readSpec(spec).places?.get(`tunnel ${name}`)
      return place ? cure.replace(' in the spec', ` (${place})`) : cure
    }
    const isDeploy = mends && cure !== undefined && /\bdeploy\b/.test(cure)
    return isDeploy ? cure.replace(/\bdeploy\b/, `ssh-tunnels doctor ${spec} ${name} --fix`) : cure
  }
