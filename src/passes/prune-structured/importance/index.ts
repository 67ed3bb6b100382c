import type { Values } from '../index.js'
import { activation } from './activation.js'
import { bnScale } from './bn-scale.js'
import { fpgm } from './fpgm.js'
import type { Importance } from './importance.js'
import { l1 } from './l1.js'
import { l2 } from './l2.js'
import { random } from './random.js'
import { wanda } from './wanda.js'

/** All ways to tell what a unit is worth. */
export const importances: readonly Importance[] = [l1, l2, bnScale, fpgm, activation, wanda, random]

export function importanceOf(name: Values['importance']): Importance {
  const found = importances.find((importance) => importance.name === name)
  if (found === undefined) throw new Error(`There is no importance "${name}".`)
  return found
}
