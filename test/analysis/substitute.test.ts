import assert from 'node:assert/strict'
import { float32 } from '../../fixtures/sketch.js'
import {
  substituteAttr,
  substituteTensor,
  substituteType,
  UNREPORTED,
  WITHOUT_FLOAT64,
} from '../../src/analysis/substitute.js'
import { attr } from '../../src/ir/attr.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { dtypeCode, tensorType } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'

const floats = (tensor: Tensor) => [...new Float32Array(tensor.read().buffer)]

describe('substitutes of element types', () => {
  it('keep the values of bfloat16 and float64, on which shapes may hang', () => {
    const brain = new MemoryTensor('bfloat16', [3], bytesOf(Uint16Array.of(0x3f80, 0xc000, 0)))
    const double = new MemoryTensor('float64', [2], bytesOf(Float64Array.of(0.5, -7)))

    assert.deepEqual(floats(substituteTensor(brain, UNREPORTED)), [1, -2, 0])
    assert.deepEqual(floats(substituteTensor(double, WITHOUT_FLOAT64)), [0.5, -7])
  })

  it('keep the shape alone of codes', () => {
    const codes = new MemoryTensor('float8e4m3fn', [2, 3], new Uint8Array(6).fill(0x38))
    const tensor = substituteTensor(codes, UNREPORTED)

    assert.equal(tensor.dtype, 'uint8')
    assert.deepEqual(tensor.shape, [2, 3])
    assert.deepEqual([...tensor.read()], [0, 0, 0, 0, 0, 0])
  })

  it('leave everything else as it is', () => {
    const tensor = float32([1], [2])
    const type = tensorType('float64', [1])

    assert.equal(substituteTensor(tensor, WITHOUT_FLOAT64), tensor)
    assert.equal(substituteType(type, UNREPORTED), type)
    assert.deepEqual(substituteType(type, WITHOUT_FLOAT64), tensorType('float32', [1]))
  })

  it('change the attributes that name a type, and no other number', () => {
    const brain = attr.int(dtypeCode('bfloat16'))

    assert.deepEqual(substituteAttr('to', brain, UNREPORTED), attr.int(dtypeCode('float32')))
    assert.equal(substituteAttr('axis', brain, UNREPORTED), brain)
    assert.deepEqual(
      substituteAttr('value', attr.tensor(new MemoryTensor('int2', [2], Uint8Array.of(0))), UNREPORTED),
      attr.tensor(new MemoryTensor('int8', [2], Uint8Array.of(0, 0))),
    )
  })
})
