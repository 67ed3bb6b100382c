import type { Dependencies, Group, Removal } from '../../analysis/dependencies/dependencies.js'

/**
 * Finds by halving which groups a mistake of a cut comes from.
 *
 * @param failureOf  cuts some groups alone, and says what is wrong then
 * @returns          one group whose cut alone is wrong; else the fewest that were found to be wrong together; none when
 *                   even all of them are right when they are cut again
 */
export async function culprits(
  { groups }: Dependencies,
  removal: Removal,
  failureOf: (groups: readonly Group[]) => Promise<string | null>,
): Promise<readonly Group[]> {
  let suspects = groups.filter(({ units }) => units.some((unit) => removal[unit] === 1))
  if ((await failureOf(suspects)) === null) return []
  while (suspects.length > 1) {
    const half = suspects.length >> 1
    const halves = [suspects.slice(0, half), suspects.slice(half)]
    let wrong: Group[] | undefined
    for (const each of halves) {
      if ((await failureOf(each)) === null) continue
      wrong = each
      break
    }
    if (wrong === undefined) break
    suspects = wrong
  }
  return suspects
}
