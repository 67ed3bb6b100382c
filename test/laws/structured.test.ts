import assert from 'node:assert/strict'
import { topologies } from './structured/generator/index.js'
import { alone, composition } from './structured/generator/models.js'
import { assertLaw, type Verdict } from './structured/law.js'

/** Of each topology alone; and random models of several, of which `STRUCTURED_CASES` asks for more. */
const SEEDS = 4
const COMPOSITIONS = Number(process.env.STRUCTURED_CASES ?? 300)
const FIRST = Number(process.env.STRUCTURED_FIRST ?? 0)

describe('A model without some of its units computes what it computes with them masked', () => {
  for (const topology of topologies) {
    it(`with "${topology.name}"`, async () => {
      for (let seed = 0; seed < SEEDS; seed++) await assertLaw(alone(topology, seed), seed, { prepared: seed % 3 > 0 })
    })
  }

  it('of several topologies', async () => {
    const verdicts: Verdict[] = []
    for (let seed = FIRST; seed < FIRST + COMPOSITIONS; seed++) {
      verdicts.push(await assertLaw(composition(seed), seed, { prepared: seed % 3 > 0 }))
    }
    const removed = verdicts.filter((v) => v.removed > 0)
    assert.ok(removed.length > 0.9 * verdicts.length, `units went of ${removed.length} of ${verdicts.length}`)
    // What takes nothing from the outputs proves nothing.
    const seen = removed.filter(({ effect }) => effect > 1e-3)
    assert.ok(seen.length > 0.9 * removed.length, `the outputs showed it of ${seen.length} of ${removed.length}`)
  }).timeout(60_000 + 300 * COMPOSITIONS)
})
