import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { assertDone, assertRefused, mcompress, place, workFolder } from './cli.js'

describe('mcompress simplify', () => {
  const folder = workFolder()
  const simplify = (...args: string[]) => mcompress(['simplify', ...args], { cwd: folder.path })

  it('writes a smaller file beside the input, and says what became of what', async () => {
    place(folder.path, 'generated/conv-depthwise.onnx')
    const ran = await simplify('conv-depthwise.onnx')
    assertDone(ran)
    const sizes = ['conv-depthwise.onnx', 'conv-depthwise.simplified.onnx'].map(
      (name) => statSync(folder.file(name)).size,
    )
    assert.ok((sizes[1] ?? 0) < (sizes[0] ?? 0), `${sizes}`)
    assert.match(ran.stdout, /^The graph has \d nodes instead of 5; its outputs are equal but for rounding\.\n/)
    assert.match(ran.stdout, /BatchNormalization folded into Conv/)
    assert.match(ran.stdout, /Verified {4}✓ loaded by ONNX Runtime/)
    assert.doesNotMatch(ran.stdout, /accuracy/)
  })

  it('has nothing to do in a second run: exit code 6, and no file', async () => {
    place(folder.path, 'generated/conv-depthwise.onnx')
    assertDone(await simplify('conv-depthwise.onnx', '-o', 'once.onnx'))
    assertRefused(await simplify('once.onnx', '-o', 'twice.onnx'), 6, /as simple as the rules make it/)
    assert.ok(!folder.names().includes('twice.onnx'))
    assertDone(await simplify('once.onnx', '-o', 'twice.onnx', '--allow-unchanged'))
  })

  it('refuses a rule that there is not, and names those that there are', async () => {
    place(folder.path, 'generated/conv-depthwise.onnx')
    const ran = await simplify('conv-depthwise.onnx', '--skip', 'fold')
    assertRefused(ran, 2, /--skip is "fold"; it must be the name of a rule\./)
    assert.match(ran.stderr, /fold-constants, /)
  })

  it('names what is unknown to ONNX Runtime also where there is nothing to do', async () => {
    place(folder.path, 'generated/custom-op.onnx')
    const ran = await simplify('custom-op.onnx')
    assertRefused(ran, 6, /\n {2}"swirl": org\.example\.Swirl is unknown to ONNX Runtime: left as it is\.\n/)
  })

  it('says the number of nodes in the number that it is', async () => {
    place(folder.path, 'generated/unused.onnx')
    const ran = await simplify('unused.onnx')
    assertDone(ran)
    assert.match(ran.stdout, /^The graph has 1 node instead of 2;/)
  })

  it('leaves the input as it is, byte for byte', async () => {
    place(folder.path, 'generated/weight-behind.onnx')
    const before = readFileSync(folder.file('weight-behind.onnx'))
    assertDone(await simplify('weight-behind.onnx', '--json'))
    assert.deepEqual(readFileSync(folder.file('weight-behind.onnx')), before)
  })
})
