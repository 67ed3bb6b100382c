import assert from 'node:assert/strict'
import type { Report } from '../../src/report/report.js'
import { assertDone, mcompress, place, workFolder } from './cli.js'

describe('mcompress inspect', () => {
  const folder = workFolder()
  const inspect = (...args: string[]) => mcompress(['inspect', ...args], { cwd: folder.path })

  it('shows what is in a model, and writes nothing', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await inspect('lenet5.onnx')

    assertDone(ran)
    assert.match(ran.stdout, /^inspect {2}lenet5\.onnx\n/)
    assert.match(ran.stdout, /Input +image {2}float32\[N,1,28,28\]/)
    assert.match(ran.stdout, /Parameters {2}431\D080/)
    assert.match(ran.stdout, /Nodes +10: 3 Relu, 2 Conv, 2 Gemm, 2 MaxPool, 1 Flatten/)
    assert.deepEqual(folder.names(), ['lenet5.onnx'])
  })

  it('lists the layers with --layers', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await inspect('lenet5.onnx', '--layers')

    assertDone(ran)
    assert.match(ran.stdout, /conv2\.weight +Conv +50×20×5×5/)
  })

  it('counts MACs for the dimensions that are asked for', async () => {
    place(folder.path, 'lenet5.onnx')

    const [one, eight] = await Promise.all([
      inspect('lenet5.onnx', '--json'),
      inspect('lenet5.onnx', '--json', '--dim', 'N=8'),
    ])

    const macs = [one, eight].map(({ stdout }) => (JSON.parse(stdout) as Report).before.macs)
    // conv1 20*25*24*24, conv2 50*500*8*8, fc1 500*800, fc2 10*500
    assert.deepEqual(macs[0], { total: 288_000 + 1_600_000 + 400_000 + 5_000, assumed: { N: 1 }, unknown: [] })
    assert.deepEqual(macs[1], { total: 8 * 2_293_000, assumed: { N: 8 }, unknown: [] })
  })

  it('shows a model that ONNX Runtime does not load', async () => {
    place(folder.path, 'generated/custom-op.onnx')

    const ran = await inspect('custom-op.onnx')

    assertDone(ran)
    assert.match(ran.stdout, /1 org\.example:?\S*Swirl|Swirl/)
  })
})
