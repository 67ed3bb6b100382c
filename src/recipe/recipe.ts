import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import type { Pass } from '../passes/pass.js'

/** One pass with its options, checked. */
export interface Step {
  readonly pass: Pass
  readonly values: Readonly<Record<string, unknown>>
  /** As the user gave them, for the report. */
  readonly given: Readonly<Record<string, unknown>>
}

/**
 * Checks raw options, from flags or from a recipe: the same names, defaults and messages.
 *
 * @param raw      what was given, by option name; undefined is not given
 * @param spelled  how the option is called where it was given: `--sparsity`; by its name unless told
 * @throws UsageError
 */
export function makeStep(
  pass: Pass,
  raw: Readonly<Record<string, unknown>> = {},
  spelled: (option: string) => string = (option) => option,
): Step {
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(pass.options, name)) {
      throw new UsageError(`Unknown option "${name}" for ${pass.command}.`, {
        suggestions: didYouMean(name, Object.keys(pass.options), 'options'),
      })
    }
  }
  const entries = Object.entries(pass.options)
  const given = Object.fromEntries(entries.filter(([name]) => isGiven(raw[name])).map(([name]) => [name, raw[name]]))
  const values = Object.fromEntries(
    entries.map(([name, option]) => [
      name,
      isGiven(raw[name]) ? option.parse(raw[name], spelled(name)) : option.default,
    ]),
  )
  pass.check(values)
  return { pass, values, given: { ...defaultsOf(pass, values), ...given } }
}

function isGiven(raw: unknown): boolean {
  return raw !== undefined && raw !== null && !(Array.isArray(raw) && raw.length === 0)
}

/** The defaults in the form in which they would be given: a report says how to get the same result again. */
function defaultsOf(pass: Pass, values: Step['values']): Record<string, unknown> {
  const unused = pass.unused?.(values) ?? []
  const shown = Object.entries(pass.options).flatMap(([name, option]) => {
    const value = option.shownDefault ?? option.default
    return typeof value === 'string' && !unused.includes(name) ? [[name, value] as const] : []
  })
  return Object.fromEntries(shown)
}
