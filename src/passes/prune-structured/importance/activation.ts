import { isObservable, observed, type Place } from '../observed.js'
import { defineImportance, type Evidence, type Subject } from './importance.js'

/**
 * The mean magnitude of a unit's values on data, at the places where products with them are summed up.
 *
 * @see  Molchanov et al. 2017, arXiv:1611.06440, 2.2 (mean activation)
 */
export const activation = defineImportance({
  name: 'activation',
  lack: 'no place where their values could be seen',
  measure: async (subject) => {
    const seen = placesOf(subject)
    const places = seen.map(({ place }) => place)
    const { means, samples } = await observed(subject, places, 'magnitudes', '--importance activation')
    const evidence = means.map((values, i): Evidence => ({ units: seen[i]?.units ?? NONE, values, power: 1 }))
    return { evidence, samples }
  },
})

const NONE = new Int32Array(0)

/** Each axis of a value once, however many nodes sum over it. */
function placesOf(subject: Subject): { readonly place: Place; readonly units: Int32Array }[] {
  const { dependencies } = subject
  const { trace } = dependencies
  const found = new Map<string, { readonly place: Place; readonly units: Int32Array }>()
  for (const { node, input, axis, kind } of trace.reductions) {
    const value = node.inputs[input]
    const along = trace.axesOfInput(node, input)?.[axis]
    const units = along ? dependencies.unitsOf(along) : null
    if (kind !== 'sum' || !value || units === null || !isObservable(subject, { value, axis })) continue
    found.set(`${value.id} ${axis}`, { place: { value, axis }, units })
  }
  return [...found.values()]
}
