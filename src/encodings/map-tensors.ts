import type { Encoded, Spec } from './encoding.js'

/** The same encoding with other tensors, or with tensors in place of what was planned, wherever it stores some. */
export function mapTensors<S extends Spec, T extends Spec>(encoded: Encoded<S>, map: (tensor: S) => T): Encoded<T> {
  switch (encoded.encoding) {
    case 'dense':
      return { ...encoded, tensor: map(encoded.tensor) }
    case 'cast':
      return { ...encoded, stored: map(encoded.stored) }
    case 'int8':
      return { ...encoded, codes: map(encoded.codes), scale: map(encoded.scale) }
    case 'codebook': {
      const { palette, codes } = encoded
      return { ...encoded, palette: map(palette), codes: { ...codes, words: map(codes.words) } }
    }
    case 'gaps': {
      const { gaps, values } = encoded
      return { ...encoded, gaps: { ...gaps, words: map(gaps.words) }, values: mapTensors(values, map) }
    }
    case 'bitmask': {
      const { mask, values } = encoded
      return { ...encoded, mask: { ...mask, words: map(mask.words) }, values: mapTensors(values, map) }
    }
    case 'low-rank':
      return { ...encoded, left: mapTensors(encoded.left, map), right: mapTensors(encoded.right, map) }
    case 'repeated':
      return encoded
  }
}
