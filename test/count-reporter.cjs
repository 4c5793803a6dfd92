// Ends a run with one plain line for continuous integration: `N passed, N failed`.
module.exports = class {
  onRunComplete(_contexts, results) {
    // A file that could not even be loaded counts as a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    // After jest's own summary.
    process.once('exit', () => process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`))
  }
}
