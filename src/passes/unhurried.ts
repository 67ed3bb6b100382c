import type { Tensor } from '../ir/tensor.js'

const BYTES_A_TURN = 32 << 20

/** The chunks of a tensor, with a turn for the event loop now and then and at the end: for signals and progress. */
export async function* unhurried(tensor: Tensor): AsyncIterable<Uint8Array> {
  let since = 0
  for (const chunk of tensor.chunks()) {
    yield chunk
    since += chunk.byteLength
    if (since < BYTES_A_TURN) continue
    since = 0
    await turn()
  }
  await turn()
}

/** Lets the event loop do what is due: without it no signal arrives. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
