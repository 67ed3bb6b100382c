import type { Value } from '../../../../src/ir/graph.js'
import type { Draw } from './draw.js'

/**
 * How the axes of a value lie: `image` [N, C, H, W], `line` [N, C, L], `volume` [N, C, D, H, W], `tokens` [N, T, C],
 * `vector` [N, C].
 */
export type Kind = 'image' | 'line' | 'volume' | 'tokens' | 'vector'

/** A value between two blocks of a random model. */
export interface Feature {
  readonly value: Value
  readonly kind: Kind
  /** C */
  readonly width: number
  /** The extents besides batch and channels: H and W of an image, T of tokens, none of a vector. */
  readonly space: readonly number[]
}

/** What a topology has drawn. */
export interface Drawn {
  readonly out: Feature
  /** Units inside that have to be prunable wherever it stands: at least so many. */
  readonly inner: number
  /** Units of its two ends that have to be, as well, when it stands between layers that leave both free. */
  readonly outer: number
}

/** A way in which real models are built, a block at a time. */
export interface Topology {
  /** As it is called in test titles. */
  readonly name: string
  readonly takes: Kind
  /** The first version of ai.onnx that has its ops; 11 unless told. */
  readonly opset?: number
  /** The last version that ONNX Runtime has kernels for, where there are later ones. */
  readonly lastOpset?: number
  /** The number of channels that come in is a multiple of this; 1 unless told. */
  readonly multiple?: number
  /** All extents of the space that come in are multiples of this; 1 unless told. */
  readonly spaceMultiple?: number
  /** The graph says the batch as a number, as models that are exported for one batch do. */
  readonly staticBatch?: boolean
  /** ONNX Runtime does not tell the shapes of what comes after it: nothing there has to be prunable. */
  readonly hidesShapes?: boolean
  /** Numbers are rounded or compared: the least difference may become a large one. */
  readonly rounds?: boolean
  draw(d: Draw, x: Feature): Drawn
}
