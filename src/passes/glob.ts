import picomatch from 'picomatch'
import { UsageError } from '../errors.js'
import { nearest } from '../nearest.js'

/** For options that take a glob. @throws UsageError */
export function parseGlob(raw: string, name: string): string {
  if (raw !== '') return raw
  throw new UsageError(`${name} is empty; it must be a name or a glob.`, {
    suggestions: [`For example ${name} "conv*".`],
  })
}

/** Tells whether any of a thing's names matches. A star also spans slashes: names of ONNX are no paths. */
export function globMatcher(glob: string): (names: readonly string[]) => boolean {
  const matches = picomatch(glob, { bash: true, dot: true })
  return (names) => names.some((name) => name === glob || matches(name))
}

/**
 * @param candidates  for each thing its names
 * @throws UsageError for a glob that none of `candidates` matches
 */
export function refuseUnmatched(
  globs: readonly string[],
  candidates: readonly (readonly string[])[],
  flag: string,
): void {
  for (const glob of globs) {
    if (candidates.some(globMatcher(glob))) continue
    throw new UsageError(`${flag} "${glob}" matches no weight of this model.`, {
      suggestions: namesNear(
        glob,
        [...new Set(candidates.flat())].filter((name) => name !== ''),
      ),
    })
  }
}

const SHOWN = 20

/** A name, or the part of one, that is like the glob's own letters; and what names there are. */
function namesNear(glob: string, names: readonly string[]): string[] {
  if (names.length === 0) return ['The model has no weights with names.']
  const letters = glob.replace(/[*?[\]{}()!+@|\\]/g, '')
  const name = nearest(letters, names)
  const part = nearest(letters, new Set(names.flatMap((n) => n.split(/[./:]+/)).filter((p) => p.length > 1)))
  const near = name ?? (part === undefined ? undefined : `*${part}*`)
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return [
    ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
    `The names are: ${names.slice(0, SHOWN).join(', ')}${more}.`,
  ]
}
