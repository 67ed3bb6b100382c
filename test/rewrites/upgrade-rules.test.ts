import assert from 'node:assert/strict'
import { ops } from '../../src/ops/index.js'
import { OPSETS } from '../../src/rewrites/upgrade-opset.js'
import { assertEqualOutputs, modelOf, outputsOf, upgraded } from './upgrade.js'
import { compatibleCases, ruleCases } from './upgrade-cases.js'
import { oldCases } from './upgrade-old-cases.js'

describe('An upgraded op means what it meant in every opset up to the last:', () => {
  for (const c of [...ruleCases, ...compatibleCases]) {
    it(`${c.op} of opset ${c.opset}, ${c.what}`, async () => {
      const model = modelOf(c)
      const expected = await outputsOf(model)
      for (let to = c.opset + 1; to <= OPSETS.to; to++) {
        const { model: result } = await upgraded(model, to)
        assertEqualOutputs(await outputsOf(result), expected, `opset ${to}`)
      }
    })
  }

  for (const c of oldCases) {
    it(`${c.op} of opset ${c.opset}, ${c.what}`, async () => {
      const expected = await outputsOf(modelOf({ ...c, opset: 7, draw: c.same }))
      for (const to of [7, 9, 13, OPSETS.to]) {
        const { model: result } = await upgraded(modelOf(c), to)
        assertEqualOutputs(await outputsOf(result), expected, `opset ${to}`)
      }
    })
  }

  it('every rule is among them', () => {
    // What cannot be said is refused, which upgrade-opset.test.ts tests.
    const refusing = [
      ...['Tile 6', 'Scan 9'],
      ...['ATen 10', 'ConstantFill 10', 'GRUUnit 10', 'GivenTensorFill 10', 'LoopIndexTensor 10'],
    ]
    const rules = ops.flatMap(({ types, upgrade = {} }) =>
      types
        .filter((type) => !type.includes('.'))
        .flatMap((op) => Object.keys(upgrade).map((version) => ({ op, version: Number(version) }))),
    )
    // A node of Upsample is one of Resize from opset 10 on.
    const isTried = (rule: (typeof rules)[number]) =>
      [...ruleCases, ...oldCases].some(({ op, opset }) => op === rule.op && opset < rule.version)
    assert.deepEqual(
      rules.filter((rule) => !isTried(rule)).map(({ op, version }) => `${op} ${version}`),
      refusing,
    )
  })
})
