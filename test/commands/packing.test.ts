import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import { kebab } from '../../src/commands/flags.js'
import { packingFlags, packingStep } from '../../src/commands/packing.js'
import { NothingToDoError, UsageError } from '../../src/errors.js'
import { passes } from '../../src/passes/index.js'
import { pack } from '../../src/passes/pack/index.js'
import { prune } from '../../src/passes/prune/index.js'
import { temporaryFolder } from '../passes/models.js'

const given = (...names: readonly string[]) => new Set(names)

describe('The flags of packing', () => {
  it('are --pack and every option of pack behind --pack-, in a group of their own', () => {
    const flags: Readonly<Record<string, { helpGroup?: string; summary?: string }>> = packingFlags(prune)

    assert.deepEqual(Object.keys(flags), ['pack', ...Object.keys(pack.options).map((name) => `pack-${kebab(name)}`)])
    for (const { helpGroup } of Object.values(flags)) assert.equal(helpGroup, 'PACK')
    assert.match(flags['pack-bits']?.summary ?? '', /^Every weight is one of 2\^N values/)
  })

  it('are those of passes that are often packed', () => {
    const having = passes.filter((pass) => Object.keys(packingFlags(pass)).length > 0)
    assert.deepEqual(
      having.map(({ name }) => name),
      ['prune', 'prune-structured'],
    )
  })
})

describe('The step that packs', () => {
  const folderFor = temporaryFolder()

  it('is not there unless it is asked for', async () => {
    assert.equal(await packingStep(prune, {}, given('sparsity')), null)
    assert.equal(await packingStep(prune, { 'pack-bits': '4' }, given()), null)
  })

  it('has the values of its flags', async () => {
    const step = await packingStep(prune, { pack: true, 'pack-bits': '4', 'pack-include': ['fc*'] }, given('pack'))

    assert.equal(step?.pass.name, 'pack')
    assert.deepEqual([step?.values.bits, step?.values.include], [4, ['fc*']])
    assert.equal(step?.given.bits, '4')
  })

  it('names its options as they are spelled, in everything that it says', async () => {
    const step = await packingStep(prune, { pack: true, 'pack-max-drop': '1%' }, given('pack'))
    const lossless = await packingStep(prune, { pack: true, 'pack-lossless': true }, given('pack'))
    assert.ok(step && lossless)

    assert.equal(step.pass.learns?.(step.values as never), '--pack-max-drop')
    assert.match(step.pass.whenAccuracyFell?.(step.values as never) ?? '', /--pack-max-error .* --pack-max-drop/)
    const s = sketch('noise')
    s.output('y', s.node('MatMul', 'fc', [s.input('x', ['N', 40]), s.weight('w', [40, 40])]), null)
    const { run } = await lossless.pass.load()
    await assert.rejects(
      run(s.model, lossless.values as never, { seed: 0, folder: async () => folderFor('.') }),
      (error) => error instanceof NothingToDoError && error.suggestions.join().includes('--pack-bits'),
    )
  })

  it('is refused when options of it stand alone', async () => {
    await assert.rejects(
      packingStep(prune, { 'pack-max-error': '1%' }, given('pack-max-error')),
      (error) => error instanceof UsageError && error.message.startsWith('--pack-max-error says how to pack'),
    )
  })
})
