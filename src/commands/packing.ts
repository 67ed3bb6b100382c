import { Flags } from '@oclif/core'
import { UsageError, UserError } from '../errors.js'
import { pack } from '../passes/pack/index.js'
import type { Pass } from '../passes/pass.js'
import type { Step } from '../recipe/recipe.js'
import { kebab, passFlags } from './flags.js'

/** What packing is called on the command line of another pass: `--pack`, and `--pack-bits` for its `--bits`. */
const PREFIX = 'pack-'

/** The flags of packing, for the command of another pass; none for one whose results are not packed. */
export function packingFlags(pass: Pass) {
  if (pass.packable === undefined) return {}
  const own = Object.entries(passFlags(pack)).map(([name, flag]) => [PREFIX + name, { ...flag, helpGroup: 'PACK' }])
  return {
    pack: Flags.boolean({
      helpGroup: 'PACK',
      summary: 'Store the weights of the result compressed, inside plain ONNX: the file gets smaller.',
    }),
    ...Object.fromEntries(own),
  }
}

/**
 * The step that packs, where it is asked for.
 *
 * @param given  names of the flags on the command line: without `--pack` those of packing make no sense there, while a
 *               configuration file may hold them for other runs
 * @throws UsageError
 */
export async function packingStep(
  pass: Pass,
  flags: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): Promise<Step | null> {
  if (pass.packable === undefined) return null
  if (flags.pack !== true) {
    const useless = Object.keys(pack.options).find((name) => given.has(PREFIX + kebab(name)))
    if (useless === undefined) return null
    const flag = `--${PREFIX}${kebab(useless)}`
    throw new UsageError(`${flag} says how to pack the result, but it is not packed.`, {
      suggestions: [`Add --pack, or leave out ${flag}.`],
    })
  }
  const { makeStep } = await import('../recipe/recipe.js')
  const raw = Object.fromEntries(Object.keys(pack.options).map((name) => [name, flags[PREFIX + kebab(name)]]))
  return makeStep(respelled, raw, (option) => `--${PREFIX}${kebab(option)}`)
}

const OPTIONS = Object.keys(pack.options).map(kebab)
const MENTIONS = new RegExp(`--(?=(?:${OPTIONS.join('|')})(?![\\w-]))`, 'g')

/** Options are called here as this command line spells them, wherever the pass names one to the user. */
function spelled(text: string): string {
  return text.replaceAll(MENTIONS, `--${PREFIX}`)
}

function withSpelledErrors<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw spelledError(error)
  }
}

/** The same error, of the same kind, with its stack. */
function spelledError(error: unknown): unknown {
  if (!(error instanceof UserError)) return error
  return Object.assign(error, { message: spelled(error.message), suggestions: error.suggestions.map(spelled) })
}

const respelled: Pass = {
  ...pack,
  check: (values) => withSpelledErrors(() => pack.check(values)),
  learns: (values) => spelledOrNull(pack.learns?.(values)),
  whenAccuracyFell: (values) => spelledOrNull(pack.whenAccuracyFell?.(values)),
  load: async () => {
    const { run } = await pack.load()
    return {
      run: async (model, values, context) => {
        const result = await run(model, values, context).catch((error: unknown) => {
          throw spelledError(error)
        })
        return { ...result, notes: (result.notes ?? []).map(spelled) }
      },
    }
  },
}

function spelledOrNull(text: string | null | undefined): string | null {
  return text == null ? null : spelled(text)
}
