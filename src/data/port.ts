import type { Port } from './dataset.js'

/** The names by which a field is taken for the labels. */
export const LABEL_NAMES = ['label', 'labels', 'y'] as const

export function isLabelName(name: string): boolean {
  return LABEL_NAMES.some((label) => label === name)
}

/**
 * The input that a field will most likely go to, so that a loader can suit its type, size and layout to it.
 *
 * @returns  the input of the field's name, else the only input, else the only one with `rank` axes; null otherwise
 */
export function portFor(field: string, inputs: readonly Port[], rank?: number): Port | null {
  const sameName = inputs.find((port) => port.name === field)
  if (sameName !== undefined) return sameName
  if (inputs.length === 1) return inputs[0] ?? null
  const suited = inputs.filter((port) => rank !== undefined && port.shape?.length === rank)
  return suited.length === 1 ? (suited[0] ?? null) : null
}

/**
 * The shape of one sample: without the batch axis, with the values of `--dim` (by the dimension's name, or
 * `input.axis` where it has none).
 *
 * @returns  null for an unknown rank; [] for a scalar input, which has no batch axis
 */
export function samplePart(port: Port, dims: Readonly<Record<string, number>>): (number | null)[] | null {
  return port.shape?.map((d, axis) => dimension(d, `${port.name}.${axis}`, dims)).slice(1) ?? null
}

/** The first dimension of an input: null when any batch size will do, or the input is a scalar. */
export function batchPart(port: Port, dims: Readonly<Record<string, number>>): number | null {
  const first = port.shape?.[0]
  return first === undefined ? null : dimension(first, `${port.name}.0`, dims)
}

function dimension(d: number | string | null, place: string, dims: Readonly<Record<string, number>>): number | null {
  if (typeof d === 'number') return d
  return (d === null ? undefined : dims[d]) ?? dims[place] ?? null
}
