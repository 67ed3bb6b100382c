import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * How many nodes of each op the runs of a session computed, from what it wrote to its folder.
 *
 * @param folder  that of `ConsumerOptions.profile`, with one profile in it; the session has been released
 * @see https://onnxruntime.ai/docs/performance/tune-performance/profiling-tools.html
 */
export async function computedOps(folder: string): Promise<ReadonlyMap<string, number>> {
  const [file] = await readdir(folder)
  if (file === undefined) throw new Error('ONNX Runtime wrote no profile.')
  const events: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'))
  const ops = new Map<string, number>()
  for (const { cat, name, args } of events as readonly ProfileEvent[]) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === undefined) continue
    ops.set(args.op_name, (ops.get(args.op_name) ?? 0) + 1)
  }
  return ops
}

/** As ONNX Runtime writes them. */
interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly args?: { readonly op_name?: string }
}
