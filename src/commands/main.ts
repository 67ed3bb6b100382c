import { fail } from './failure.js'

/**
 * Runs a command line and sets the exit code. It is set, not forced: what is still on its way into a pipe arrives.
 *
 * @param args  without node and script
 * @param dir   URL of the script, from which oclif finds the package
 */
export async function main(args: readonly string[], dir: string): Promise<void> {
  // `mcompress inspect m.onnx | head` closes our stdout early: no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const { run } = await import('@oclif/core')
  try {
    await run([...args], dir)
  } catch (error) {
    process.exitCode = await fail(error, args)
  }
}
