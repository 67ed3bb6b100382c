import type { Dependencies, Group } from '../../analysis/dependencies/dependencies.js'
import type { Node } from '../../ir/graph.js'
import { weightOf } from '../../ops/weight-of.js'
import { globMatcher, refuseUnmatched } from '../glob.js'
import type { Values } from './index.js'

/**
 * The groups that the options leave in: one of its layers is named by --include (where there is one), none by --exclude.
 *
 * @throws UsageError for a glob that no layer of the model matches
 */
export function eligibleGroups({ groups, frozen }: Dependencies, { include, exclude, heads }: Values): Group[] {
  const namesOfGroups = groups.map(({ producers }) => producers.map(({ node, input }) => namesOf(node, input)))
  const all = [...namesOfGroups.flat(), ...frozen.map(({ node, input }) => namesOf(node, input))]
  refuseUnmatched(include, all, '--include')
  refuseUnmatched(exclude, all, '--exclude')
  const matchers = { include: include.map(globMatcher), exclude: exclude.map(globMatcher) }
  const some = (flag: keyof typeof matchers, layers: readonly (readonly string[])[]) =>
    layers.some((names) => matchers[flag].some((matches) => matches(names)))
  return groups.filter(({ kind }, i) => {
    const layers = namesOfGroups[i] ?? []
    if (kind === 'heads' && heads === 0) return false
    return (include.length === 0 || some('include', layers)) && !some('exclude', layers)
  })
}

/** A layer goes by the name of its node, and of what holds its weights. */
function namesOf(node: Node, input: number): string[] {
  const source = weightOf(node, input)
  return 'none' in source ? [node.name] : [node.name, source.value.name]
}
