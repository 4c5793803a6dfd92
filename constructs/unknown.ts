// What is not known yet in a stack: cdktf's tokens. The provider, or the null engine's command, judges what they turn into.
import { Token } from 'cdktf'

/** A text with a token or an expression of Terraform in it, ${...}, or one that is the element of a list token, #{TfToken[...]}. */
export const isUnknown = (text: string): boolean => /\$\{[^}]+\}/.test(text) || Token.isUnresolved([text])
