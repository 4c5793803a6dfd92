// Where a construct that came from a spec stands in its file: FILE:LINE.
import type { IConstruct } from 'constructs'

const PLACE = Symbol.for('cdktf-ssh-tunnels/place')

export function setPlace(construct: IConstruct, place: string | undefined): void {
  Object.defineProperty(construct, PLACE, { value: place, configurable: true })
}

/** Undefined for what was made in a program. */
export const placeOf = (construct: IConstruct): string | undefined => (construct as { [PLACE]?: string })[PLACE]
