import { inferShapes } from '../analysis/shapes.js'
import { UserError, VerificationError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import { type ModelFile, readModel } from '../onnx/read.js'
import { skeleton } from '../onnx/skeleton.js'
import { EngineError } from '../runtime/engine-error.js'
import { openSession } from '../runtime/session.js'

export interface Verification {
  readonly level: 'run' | 'structure'
  readonly detail: string
}

/**
 * Checks a written file as far as its input allows. The input loads in ONNX Runtime: then so must the output.
 * It does not (a custom op, a newer IR): then the structure is checked, and ONNX Runtime must take of the output,
 * nodes that it does not know cut out, what it takes of the input.
 *
 * @param name  what the user calls the file
 * @throws VerificationError
 */
export async function verifyOutput(path: string, input: ModelFile, name: string): Promise<Verification> {
  const written = reread(path, name)
  const problem = await loadProblem(written.model)
  if (problem === null) return { level: 'run', detail: 'loaded by ONNX Runtime' }
  const before = await loadProblem(input.model)
  if (before === null) throw worse(name, problem)
  const [ofInput, ofOutput] = [await partProblem(input.model), await partProblem(written.model)]
  if (ofInput === null && ofOutput !== null) throw worse(name, ofOutput)
  const checked =
    ofOutput === null
      ? 'structure checked, by ONNX Runtime too for the ops that it knows; it'
      : 'structure checked; ONNX Runtime'
  return { level: 'structure', detail: `${checked} does not load the input either: ${before}` }
}

function worse(name: string, problem: string): VerificationError {
  return new VerificationError(
    `"${name}" was not written: ONNX Runtime takes the input, but not the result: ${problem}`,
    { suggestions: ['This is a bug of mcompress: please report it, with the model if you can.'] },
  )
}

/** Reading checks the wire format, names, order, shapes against bytes. */
function reread(path: string, name: string): ModelFile {
  try {
    return readModel(path)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new VerificationError(`"${name}" was not written: what was made cannot be read again: ${error.message}`, {
      cause: error,
    })
  }
}

/** Through the skeleton, without optimizations and without packing weights: milliseconds, whatever the size. */
export async function loadProblem(model: Model): Promise<string | null> {
  try {
    const session = await openSession(skeleton(model), { level: 'disabled', prepacking: false, threads: 1 })
    await session.release()
    return null
  } catch (error) {
    if (error instanceof EngineError) return error.message
    throw error
  }
}

/** Why ONNX Runtime does not even open what is left without the nodes that it does not know. */
async function partProblem(model: Model): Promise<string | null> {
  return (await inferShapes(model)).failure
}
