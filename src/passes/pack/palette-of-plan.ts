import type { Encoded, Spec } from '../../encodings/encoding.js'
import { elementCount } from '../../ir/type.js'
import { type Part, palettesOf } from './palettes.js'
import type { Plan } from './plan.js'
import type { Survey } from './survey.js'

/**
 * The values that elements other than zero become by a plan, ascending; those that are zero stay so. What is stored
 * beside the places of such elements leaves none of them out: zero is then no value.
 *
 * @param survey  that the plan was made from
 * @returns       null where a plan stores no palette, or loses nothing
 */
export function paletteOfPlan({ encoded, error }: Plan, survey: Survey): Float32Array | null {
  if (error === 0) return null
  if (encoded.encoding === 'codebook') return paletteOf(encoded, survey, 'all')
  const places = placesOf(encoded, survey)
  if (places?.values.encoding !== 'codebook') return null
  const values = paletteOf(places.values, survey, places.part)?.filter((value) => value !== 0)
  return values !== undefined && values.length > 0 ? values : null
}

function paletteOf({ palette }: Encoded<Spec> & { encoding: 'codebook' }, { weights }: Survey, part: Part) {
  return weights && (palettesOf(weights, part, [elementCount(palette.shape)])[0]?.values ?? null)
}

function placesOf(encoded: Encoded<Spec>, { weights }: Survey): { values: Encoded<Spec>; part: Part } | null {
  if (encoded.encoding === 'bitmask') return { values: encoded.values, part: 'present and zero' }
  if (encoded.encoding !== 'gaps' || weights === null) return null
  const fillers = weights.spacing.fillers(encoded.gaps.form.base)
  return { values: encoded.values, part: fillers > 0 ? 'present and zero' : 'present' }
}
