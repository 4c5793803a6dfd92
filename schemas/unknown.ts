// Text that is known only later, as a token of cdktf, cannot be judged now. Only who makes such text can tell it from any other.

/** Says of a text of the resource whether it stands for one that is not known yet. */
export type IsUnknown = (text: string) => boolean

/**
 * What holds unless the caller says otherwise. No mark inside of a text means "unknown" here: whoever writes a spec or a
 * configuration could write that mark too, and would be judged no more.
 */
export const allKnown: IsUnknown = () => false
