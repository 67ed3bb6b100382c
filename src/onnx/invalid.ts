import { InvalidModelError } from '../errors.js'

/** A file that breaks the specification, because it was damaged on the way or written so. */
export function invalid(message: string, details: { readonly cause?: unknown } = {}): InvalidModelError {
  const remedy = 'The file is damaged, or was written by a faulty exporter: export or download it again.'
  return new InvalidModelError(message, { ...details, suggestions: [remedy] })
}
