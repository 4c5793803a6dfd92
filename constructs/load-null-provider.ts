// @cdktf/provider-null, which only those need who choose the null engine: an optional peer, in the version that they choose.

interface NullBindings {
  readonly NullProvider: typeof import('@cdktf/provider-null/lib/provider').NullProvider
  readonly NullResource: typeof import('@cdktf/provider-null/lib/resource').Resource
}

/** @throws Error when it is not installed */
export function loadNullProvider(): NullBindings {
  try {
    // Two of its files: its index is jsii's lazy one, and has the data source too.
    const { NullProvider } = require('@cdktf/provider-null/lib/provider')
    const { Resource: NullResource } = require('@cdktf/provider-null/lib/resource')
    return { NullProvider, NullResource }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause
    throw new Error('the null engine needs @cdktf/provider-null. Run: npm install @cdktf/provider-null@11', { cause })
  }
}
