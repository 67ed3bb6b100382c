import type { Values } from '../index.js'
import type { Importance } from './importance.js'
import { l1 } from './l1.js'
import { l2 } from './l2.js'
import { random } from './random.js'

const table: readonly Importance[] = [l1, l2, random]

export function importanceOf(name: Values['importance']): Importance {
  const found = table.find((importance) => importance.name === name)
  if (found === undefined) throw new Error(`There is no importance "${name}".`)
  return found
}
