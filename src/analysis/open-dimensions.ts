import { UsageError } from '../errors.js'
import type { Model, Value } from '../ir/graph.js'
import type { Dim, Shape } from '../ir/type.js'
import type { Dimensions } from './declared.js'

/** A dimension of the model's inputs that the model leaves open. */
export interface OpenDimension {
  /** The symbolic name, or `input.axis` for one without a name. */
  readonly name: string
  /** Every axis that it stands at, as `input.axis`. */
  readonly axes: readonly string[]
  readonly kind: Kind
}

/** What a dimension is by its place: `x[N, 3, H, W]` is an image, everything else a sequence of something. */
type Kind = 'batch' | 'channels' | 'size' | 'other'

/** Numbers to try, in order. 224 and 640 suit most image models, 512 a frame of audio. */
const CANDIDATES: Readonly<Record<Kind, readonly number[]>> = {
  batch: [1],
  channels: [3, 1],
  size: [224, 64, 32, 640],
  other: [16, 512, 1],
}

/** A model that fits no earlier choice is hardly worth more sessions. */
const MAX_TRIALS = 16

/** The open dimensions of a model in the order of its inputs, each once. */
export function openDimensions(model: Model): OpenDimension[] {
  const found = new Map<string, { axes: string[]; kind: Kind }>()
  for (const input of model.main.inputs) {
    for (const [axis, dim] of (openShape(input) ?? []).entries()) {
      if (typeof dim === 'number') continue
      const place = `${input.name}.${axis}`
      const kind = kindOf(openShape(input) ?? [], axis)
      const known = found.get(dim ?? place)
      if (known === undefined) found.set(dim ?? place, { axes: [place], kind })
      else {
        known.axes.push(place)
        // A name that stands at axis 0 of one input is the batch at the other places too.
        if (kind === 'batch' || known.kind === 'other') known.kind = kind
      }
    }
  }
  return [...found].map(([name, rest]) => ({ name, ...rest }))
}

/** The declared shape of an input that has to be fed; null for a constant default and for what is no tensor. */
function openShape(input: Value): Shape | null {
  return input.constant === null && input.declared?.kind === 'tensor' ? input.declared.shape : null
}

const BATCH_NAME = /^(n|b|bs|batch.*)$/i
const LENGTH_NAME = /^(t|s|l|time.*|seq.*|.*len(gth)?)$/i

function kindOf(shape: Shape, axis: number): Kind {
  const name = String(shape[axis])
  if (BATCH_NAME.test(name) || (axis === 0 && !LENGTH_NAME.test(name))) return 'batch'
  // The state of a recurrent layer: [layers * directions, batch, hidden].
  if (axis === 1 && shape.length === 3 && typeof shape[0] === 'number' && shape[0] > 1) return 'batch'
  const channels = imageChannels(shape)
  if (channels === null) return 'other'
  return axis === channels ? 'channels' : 'size'
}

/** The axis of the channels, at most 4 or open, if a shape may be that of images; they come first unless fixed last. */
function imageChannels(shape: Shape): number | null {
  if (shape.length < 4) return null
  const few = (dim: Dim | undefined) => typeof dim === 'number' && dim <= 4
  if (few(shape.at(-1)) && !few(shape[1])) return shape.length - 1
  return typeof shape[1] !== 'number' || few(shape[1]) ? 1 : null
}

/**
 * Numbers for every open dimension, the likeliest first. What is given stays; a sum of other names
 * (`past_length + 1`) follows them.
 *
 * @param given  by name or by `input.axis`
 * @throws       UsageError for a name that the model does not have
 */
export function* trials(open: readonly OpenDimension[], given: Readonly<Record<string, number>>): Iterable<Dimensions> {
  const fixed = fixedOf(open, given)
  const sums = open.filter((d) => !fixed.has(d.name) && termsOf(d.name, open) !== null)
  const free = open.filter((d) => !fixed.has(d.name) && !sums.includes(d))
  let left = MAX_TRIALS
  for (const numbers of choices(free.map((d) => d.kind))) {
    if (left-- === 0) return
    const dims = new Map([...fixed, ...free.map((d, i): [string, number] => [d.name, numbers[i] ?? 1])])
    for (const { name } of sums) dims.set(name, sumOf(termsOf(name, open) ?? [], dims))
    yield new Map(open.map((d) => [d.name, dims.get(d.name) ?? 1]))
  }
}

/** First those that give one number to all dimensions of a kind, then the mixed ones. */
function* choices(kinds: readonly Kind[]): Iterable<readonly number[]> {
  const distinct = [...new Set(kinds)]
  for (const numbers of combinations(distinct)) yield kinds.map((kind) => numbers[distinct.indexOf(kind)] ?? 1)
  for (const numbers of combinations(kinds)) {
    if (kinds.some((kind, i) => numbers[kinds.indexOf(kind)] !== numbers[i])) yield numbers
  }
}

function* combinations(kinds: readonly Kind[]): Iterable<readonly number[]> {
  const [first, ...rest] = kinds
  if (first === undefined) yield []
  else for (const number of CANDIDATES[first]) for (const others of combinations(rest)) yield [number, ...others]
}

/**
 * The numbers that are given, by the name of the dimension.
 *
 * @param given  by name or by `input.axis`
 * @throws       UsageError for a name that the model does not have
 */
export function fixedOf(open: readonly OpenDimension[], given: Readonly<Record<string, number>>): Map<string, number> {
  const fixed = new Map<string, number>()
  for (const [key, number] of Object.entries(given)) {
    const dimension = open.find((d) => d.name === key || d.axes.includes(key))
    if (dimension === undefined) {
      const names = open.map((d) => d.name).join(', ')
      throw new UsageError(`The model's inputs have no open dimension "${key}".`, {
        suggestions: [names === '' ? 'Leave it out: all dimensions are fixed.' : `The open dimensions are ${names}.`],
      })
    }
    fixed.set(dimension.name, number)
  }
  return fixed
}

/** The terms of a name that exporters build from others with `+`; null for a plain name. */
function termsOf(name: string, open: readonly OpenDimension[]): string[] | null {
  const terms = name.split('+').map((term) => term.trim())
  const isKnown = (term: string) => /^\d+$/.test(term) || open.some((d) => d.name === term)
  return terms.length > 1 && terms.every(isKnown) ? terms : null
}

function sumOf(terms: readonly string[], dims: Dimensions): number {
  return terms.reduce((sum, term) => sum + (dims.get(term) ?? Number(term)), 0)
}
