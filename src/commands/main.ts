import { fileURLToPath } from 'node:url'
import { fail } from './failure.js'

/**
 * Runs a command line and sets the exit code. It is set, not forced: what is still on its way into a pipe arrives.
 *
 * @param args  without node and script
 * @param dir   URL of the script, from which oclif finds the package
 */
export async function main(args: readonly string[], dir: string): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  process.on('uncaughtException', async (error) => process.exit(await fail(error)))
  try {
    const { run, settings } = await importOclif()
    settings.enableAutoTranspile = false // NODE_ENV=development would make it look for TypeScript sources
    // Its plugins would be code from the user's home folder.
    await run(commandLine(args), { root: fileURLToPath(dir), userPlugins: false, devPlugins: false })
  } catch (error) {
    process.exitCode = await fail(error)
  }
}

/** `mcompress inspect m.onnx | head` closes our stdout early: no error of ours. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function importOclif(): Promise<typeof import('@oclif/core')> {
  // Its check of the version of Node.js costs 10 ms. npm has checked `engines` of this package, which ask for more.
  process.env.OCLIF_DISABLE_ENGINE_WARNING = '1'
  return import('@oclif/core')
}

/** `mcompress help prune` is `mcompress prune --help`. */
function commandLine(args: readonly string[]): string[] {
  const [first, ...rest] = args
  return first === 'help' ? [...rest, '--help'] : [...args]
}
