import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import type { Pass } from '../passes/pass.js'
import type { Step } from '../recipe/recipe.js'
import { many } from './flags.js'

const PACK = 'pack'

/** The flag that names consumers, for a command whose result may be packed. */
export function targetFlags(pass: Pass) {
  if (pass.name !== PACK && pass.packable === undefined) return {}
  return {
    target: Flags.string({
      ...many,
      helpGroup: 'DATA',
      helpValue: 'NAME',
      summary:
        'Load and run the packed result there, beside the input: node, web, with a level of optimization node:basic; none for nowhere. Several with commas. [default: node]',
    }),
  }
}

/**
 * @param given  names of the flags on the command line: where nothing is packed this one makes no sense there, while
 *               a configuration file may hold it for other runs
 * @returns      null for the default
 * @throws UsageError
 */
export function targetsOf(
  steps: readonly Step[],
  targets: readonly string[] | undefined,
  given: ReadonlySet<string>,
): readonly string[] | null {
  if (given.has('target') && !steps.some(({ pass }) => pass.name === PACK)) {
    throw new UsageError('--target says where a packed result is loaded, but it is not packed.', {
      suggestions: ['Add --pack, or leave out --target. How fast any result is: --bench'],
    })
  }
  return targets ?? null
}
