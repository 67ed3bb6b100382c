import picomatch from 'picomatch'
import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'

/** Tells whether any of a thing's names matches. A star also spans slashes: names of ONNX are no paths. */
export function globMatcher(glob: string): (names: readonly string[]) => boolean {
  const matches = picomatch(glob, { bash: true, dot: true })
  return (names) => names.some((name) => name === glob || matches(name))
}

/** @throws UsageError for a glob that none of `candidates` matches */
export function refuseUnmatched(
  globs: readonly string[],
  candidates: readonly (readonly string[])[],
  flag: string,
): void {
  for (const glob of globs) {
    if (candidates.some(globMatcher(glob))) continue
    throw new UsageError(`${flag} "${glob}" matches no weight of this model.`, {
      suggestions: didYouMean(
        glob,
        [...new Set(candidates.flat())].filter((name) => name !== '').slice(0, 20),
        'names',
      ),
    })
  }
}
