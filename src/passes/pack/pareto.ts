import type { Plan } from './plan.js'

/**
 * Those than which no other is as good in everything: bytes in the file, memory at load, error.
 *
 * @returns smallest first, as the loss is less, and the memory
 */
export function paretoOf(plans: readonly Plan[]): Plan[] {
  const ordered = [...plans].sort((a, b) => a.bytes - b.bytes || a.error - b.error || a.loadBytes - b.loadBytes)
  const kept: Plan[] = []
  for (const plan of ordered) {
    if (!kept.some(({ error, loadBytes }) => error <= plan.error && loadBytes <= plan.loadBytes)) kept.push(plan)
  }
  return kept
}
