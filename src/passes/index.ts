import { pack } from './pack/index.js'
import type { Pass } from './pass.js'
import { prune } from './prune/index.js'
import { pruneStructured } from './prune-structured/index.js'
import { simplify } from './simplify/index.js'
import { unpack } from './unpack/index.js'
import { upgrade } from './upgrade/index.js'

/** Every pass, in the order in which help shows them. */
export const passes: readonly Pass[] = [prune, pruneStructured, pack, unpack, simplify, upgrade]

export function findPass(name: string): Pass | undefined {
  return passes.find((pass) => pass.name === name)
}
