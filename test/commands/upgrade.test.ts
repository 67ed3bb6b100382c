import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readModel } from '../../src/onnx/read.js'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

describe('mcompress upgrade', () => {
  const folder = workFolder()
  const upgrade = (...args: string[]) => mcompress(['upgrade', ...args], { cwd: folder.path })
  const opsetOf = (name: string) => readModel(folder.file(name)).model.opset

  it('writes beside the input, says what it did, and leaves the input', async () => {
    place(folder.path, 'generated/opset-9.onnx')
    const input = readFileSync(folder.file('opset-9.onnx'))

    const ran = await upgrade('opset-9.onnx', '--opset', '17')

    assertDone(ran)
    assert.deepEqual(folder.names(), ['opset-9.onnx', 'opset-9.upgraded.onnx'])
    assert.deepEqual(readFileSync(folder.file('opset-9.onnx')), input)
    assert.equal(opsetOf('opset-9.upgraded.onnx'), 17)
    assert.match(
      ran.stdout,
      /^Opset 9 → 17: \d+ nodes? (is|are) written in another way, and all mean the same\.\nupgrade {2}/,
    )
    assert.match(ran.stdout, /Verified {4}✓ loaded by ONNX Runtime/)
    assert.doesNotMatch(ran.stdout, /zeros are stored|accuracy/)
  })

  it('goes to the latest opset by default, and has nothing to do there', async () => {
    place(folder.path, 'generated/opset-11.onnx', 'generated/opset-21.onnx')

    assertDone(await upgrade('opset-11.onnx', '--in-place'))

    assert.equal(opsetOf('opset-11.onnx'), 21)
    assertRefused(await upgrade('opset-21.onnx'), 6, /The model has opset 21 already\.\n {2}There is no later one/)
    assertRefused(await upgrade('opset-21.onnx', '--opset', '21'), 6, /already/)
  })

  it('refuses an opset that cannot be reached, with the range', async () => {
    place(folder.path, 'generated/opset-17.onnx')

    assertRefused(await upgrade('opset-17.onnx', '--opset', '22'), 2, /Opset 22 is out of range.*7 to 21/)
    assertRefused(await upgrade('opset-17.onnx', '--opset', '13'), 2, /cannot be brought down to 13\.\n.*from 18 to 21/)
    assertRefused(await upgrade('opset-17.onnx', '--opset', '17'), 6, /has opset 17 already\.\n.*up to 21/)
    assertRefused(await upgrade('opset-17.onnx', '--opset', 'new'), 2, /--opset is "new"; it must be a whole number/)
    assert.deepEqual(folder.names(), ['opset-17.onnx'])
  })
})
