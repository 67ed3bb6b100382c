import { closeSync, openSync, writeSync } from 'node:fs'
import { ioError } from '../errors.js'
import type { Model, Value } from '../ir/graph.js'
import { FileTensor, type Tensor } from '../ir/tensor.js'
import { dtypeBits } from '../ir/type.js'
import { constantOf, graphs, valuesOf } from '../ir/walk.js'
import { openSource } from '../onnx/file-source.js'
import { SparseTensor } from '../onnx/sparse-tensor.js'

/** Smaller tensors travel with the nodes. */
const SMALL_BYTES = 1024

/**
 * Writes the constants that lie in no file, those of an earlier step of a recipe mostly, into one: another process,
 * and ONNX Runtime in it, can read them there.
 *
 * @param model  its constants are replaced by equal ones; a copy, for it would not be written back in the same form
 * @param path   the new file; there is none when nothing has to be written
 * @param also   constants that must lie in a file however small they are
 */
export function settle(model: Model, path: string, also: ReadonlySet<Value>): void {
  const loose = [...graphs(model)].flatMap((graph) =>
    [...valuesOf(graph)].flatMap((value) => {
      const tensor = constantOf(value)
      return tensor !== null && isLoose(tensor, also.has(value)) ? [{ value, tensor }] : []
    }),
  )
  if (loose.length === 0) return
  writeTensors(
    path,
    loose.map(({ tensor }) => tensor),
  )
  const source = openSource(path)
  let offset = 0
  for (const { value, tensor } of loose) {
    const { dtype, shape, byteLength: length } = tensor
    model.setConstant(value, new FileTensor(dtype, shape, { source, offset, length }))
    offset += length
  }
}

function isLoose(tensor: Tensor, evenSmall: boolean): boolean {
  if (tensor.range !== undefined || tensor instanceof SparseTensor || dtypeBits(tensor.dtype) === 0) return false
  return evenSmall || tensor.byteLength >= SMALL_BYTES
}

function writeTensors(path: string, tensors: readonly Tensor[]): void {
  const fd = openSync(path, 'wx')
  try {
    for (const tensor of tensors) {
      for (const chunk of tensor.chunks()) {
        for (let done = 0; done < chunk.byteLength; ) done += writeSync(fd, chunk, done, chunk.byteLength - done)
      }
    }
  } catch (error) {
    throw ioError(error, 'Cannot keep weights in a temporary file', [
      'Free some space in the folder for temporary files, or set TMPDIR to another one.',
    ])
  } finally {
    closeSync(fd)
  }
}
