import assert from 'node:assert/strict'
import { GraphBuilder } from '../../src/encodings/builder.js'
import { DIGIT_FORMS, type DigitForm, type Digits, digitForm, isShifted } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { gapValuesShape } from '../../src/encodings/gaps.js'
import { build, encodings, label } from '../../src/encodings/index.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { decoded, evaluated, LEVELS, packed, tensor, withWeight } from './models.js'
import { digitsOf } from './reference.js'

/** Words written down by hand. */
function digits(base: number, words: readonly number[], order: Digits<Tensor>['order'] = 'planes'): Digits<Tensor> {
  const form = digitForm(base)
  return { form, order, words: tensor(form.dtype, [1, words.length], words) }
}

/** ONNX Runtime gives these very bits, optimized or not, and so does the interpreter. */
async function assertDecodes(encoded: Encoded, expected: Tensor): Promise<void> {
  const { model } = packed(encoded)
  for (const level of LEVELS) {
    assert.deepEqual(Buffer.from(await decoded(model, level)), Buffer.from(expected.read()), level)
  }
  assert.deepEqual(Buffer.from(evaluated(model)), Buffer.from(expected.read()), 'by the interpreter')
}

const f32 = (shape: readonly number[], values: readonly number[]) => tensor('float32', shape, values)
const dense = (of: Tensor): Encoded => ({ encoding: 'dense', dtype: of.dtype, shape: of.shape, tensor: of })

describe('Encodings: dense', () => {
  it('is an initializer, and no node', () => {
    const { model, w } = withWeight('float32', [2])
    const value = build(dense(f32([2], [1, 2])), new GraphBuilder(model, w.graph, null))
    assert.equal(value.producer, null)
    assert.deepEqual(value.constant?.read(), f32([2], [1, 2]).read())
    assert.equal(label(dense(f32([2], [1, 2]))), 'float32')
  })
})

describe('Encodings: cast', () => {
  it('gives float32 of float16: 1, -0, the smallest subnormal, the largest number, -infinity', async () => {
    const stored = tensor('float16', [5], [0x3c00, 0x8000, 0x0001, 0x7bff, 0xfc00])
    const encoded: Encoded = { encoding: 'cast', dtype: 'float32', shape: [5], stored }
    await assertDecodes(encoded, f32([5], [1, -0, 2 ** -24, 65504, -Infinity]))
    assert.equal(label(encoded), 'float16')
  })

  it('gives float32 of bfloat16 where the opset has Cast for it', async () => {
    const stored = tensor('bfloat16', [2, 2], [0x3f80, 0xc000, 0x7f80, 0x8000])
    const { model } = packed({ encoding: 'cast', dtype: 'float32', shape: [2, 2], stored }, 13)
    const expected = Buffer.from(f32([2, 2], [1, -2, Infinity, -0]).read())
    for (const level of LEVELS) assert.deepEqual(Buffer.from(await decoded(model, level)), expected, level)
  })

  it('gives int64 of int8', async () => {
    const stored = tensor('int8', [3], [-128, 0, 127])
    const expected = tensor('int64', [3], [-128, 0, 127])
    await assertDecodes({ encoding: 'cast', dtype: 'int64', shape: [3], stored }, expected)
  })
})

describe('Encodings: int8', () => {
  it('gives code * scale, one scale for all', async () => {
    const encoded: Encoded = {
      encoding: 'int8',
      dtype: 'float32',
      shape: [4],
      codes: tensor('int8', [4], [-127, -1, 0, 127]),
      scale: f32([], [0.1]),
    }
    const s = Math.fround(0.1)
    await assertDecodes(encoded, f32([4], [-127 * s, -s, 0, 127 * s]))
    assert.equal(label(encoded), 'int8')
  })

  it('gives code * scale by channel', async () => {
    const encoded: Encoded = {
      encoding: 'int8',
      dtype: 'float32',
      shape: [2, 3],
      codes: tensor('int8', [2, 3], [1, 2, 3, -1, -2, -3]),
      scale: f32([2, 1], [0.5, 4]),
    }
    await assertDecodes(encoded, f32([2, 3], [0.5, 1, 1.5, -4, -8, -12]))
    assert.equal(label(encoded), 'int8 by channel')
  })
})

describe('Encodings: codebook', () => {
  it('looks bytes up', async () => {
    const encoded: Encoded = {
      encoding: 'codebook',
      dtype: 'float32',
      shape: [2, 2],
      palette: f32([3], [0, -0, 1.5]),
      codes: digits(256, [2, 1, 0, 2]),
    }
    await assertDecodes(encoded, f32([2, 2], [1.5, -0, 0, 1.5]))
    assert.equal(label(encoded), 'codebook of 3')
  })

  it('looks up the codes of two in a byte, the low half of all words first', async () => {
    const palette = f32([4], [10, 11, 12, 13])
    // Words 0x31 and 0x20 hold the digits 1, 0 in the first plane and 3, 2 in the second.
    const codes = digits(16, [0x31, 0x20])
    await assertDecodes(
      { encoding: 'codebook', dtype: 'float32', shape: [4], palette, codes },
      f32([4], [11, 10, 13, 12]),
    )
    await assertDecodes({ encoding: 'codebook', dtype: 'float32', shape: [3], palette, codes }, f32([3], [11, 10, 13]))
  })

  it('looks whole bytes up where their codes stand in rows', async () => {
    const palette = f32([16], [...Array(16).keys()])
    const codes = digits(16, [0x31, 0x20, 0xfe], 'rows')
    const encoded: Encoded = { encoding: 'codebook', dtype: 'float32', shape: [2, 3], palette, codes }
    await assertDecodes(encoded, f32([2, 3], [1, 3, 0, 2, 14, 15]))
  })

  it('looks up 2 bits and 1 bit in rows', async () => {
    const two = digits(4, [0b11_10_01_00, 0b00_00_11_01], 'rows')
    await assertDecodes(
      { encoding: 'codebook', dtype: 'float32', shape: [8], palette: f32([4], [0, 1, 2, 3]), codes: two },
      f32([8], [0, 1, 2, 3, 1, 3, 0, 0]),
    )
    const one = digits(2, [0b1000_0110], 'rows')
    await assertDecodes(
      { encoding: 'codebook', dtype: 'float16', shape: [8], palette: tensor('float16', [2], [7, 9]), codes: one },
      tensor('float16', [8], [7, 9, 9, 7, 7, 7, 7, 9]),
    )
  })

  it('looks rows up that do not fill their last byte', async () => {
    const codes = digits(16, [0x21, 0x03], 'rows')
    const palette = f32([16], [...Array(16).keys()])
    await assertDecodes({ encoding: 'codebook', dtype: 'float32', shape: [3], palette, codes }, f32([3], [1, 2, 3]))
  })

  it('makes a scalar', async () => {
    const palette = f32([2], [3, 4])
    await assertDecodes(
      { encoding: 'codebook', dtype: 'float32', shape: [], palette, codes: digits(256, [1]) },
      f32([], [4]),
    )
  })
})

describe('Encodings: gaps', () => {
  const values = (shape: readonly number[], of: readonly number[]) => dense(f32(shape, of))

  it('lays values into zeros; the first distance is that from element 0', async () => {
    const encoded: Encoded = {
      encoding: 'gaps',
      dtype: 'float32',
      shape: [2, 4],
      gaps: digits(256, [1, 2, 4]), // places 1, 3, 7
      values: values([1, 1, 3], [5, -0, NaN]),
    }
    await assertDecodes(encoded, f32([2, 4], [0, 5, 0, -0, 0, 0, 0, NaN]))
    assert.equal(label(encoded), 'gaps below 256 + float32')
  })

  it('lays values at the first and the last element, and repeats the last to fill the words', async () => {
    // Places 0, 5, 5, 5: distances 0, 5, 0, 0; in planes of two words 0 and 5 come first.
    const encoded: Encoded = {
      encoding: 'gaps',
      dtype: 'float32',
      shape: [6],
      gaps: digits(16, [0x00, 0x05]),
      values: values([1, 1, 4], [1, 2, 2, 2]),
    }
    await assertDecodes(encoded, f32([6], [1, 0, 0, 0, 0, 2]))
  })

  it('makes a rank of 0 and of 3', async () => {
    const one: Encoded = {
      encoding: 'gaps',
      dtype: 'float32',
      shape: [],
      gaps: digits(256, [0]),
      values: values([1, 1, 1], [7]),
    }
    await assertDecodes(one, f32([], [7]))
    await assertDecodes({ ...one, shape: [1, 2, 1] }, f32([1, 2, 1], [7, 0]))
  })

  it('lays other types, and more gaps than elements, with ScatterElements', async () => {
    const doubles: Encoded = {
      encoding: 'gaps',
      dtype: 'float64',
      shape: [2, 2],
      gaps: digits(256, [3]),
      values: dense(tensor('float64', [1], [0.1])),
    }
    await assertDecodes(doubles, tensor('float64', [2, 2], [0, 0, 0, 0.1]))
    const crowded: Encoded = {
      encoding: 'gaps',
      dtype: 'float32',
      shape: [2],
      gaps: digits(40, [1]), // places 1, 1, 1
      values: values([3], [4, 4, 4]),
    }
    await assertDecodes(crowded, f32([2], [0, 4]))
    assert.deepEqual(gapValuesShape('float32', 2, 3), [3])
    assert.deepEqual(gapValuesShape('float32', 3, 3), [1, 1, 3])
    assert.deepEqual(gapValuesShape('float64', 9, 3), [3])
  })

  it('takes values that are a codebook in nibbles, as long as the gaps or shorter than their words', async () => {
    const palette = f32([4], [0, 1, 2, 3])
    const codes = digits(16, [0x12, 0x03]) // 2, 3, 1, 0
    const three: Encoded = {
      encoding: 'gaps',
      dtype: 'float32',
      shape: [3, 3],
      gaps: digits(40, [1 + 40 * 3 + 1600 * 4]), // places 1, 4, 8
      values: { encoding: 'codebook', dtype: 'float32', shape: [1, 1, 3], palette, codes },
    }
    await assertDecodes(three, f32([3, 3], [0, 2, 0, 0, 3, 0, 0, 0, 1]))
    assert.equal(label(three), 'gaps below 40 + codebook of 4')
  })

  it('takes values that are int8 or float16', async () => {
    const codes = tensor('int8', [1, 1, 2], [-3, 5])
    const shape = [1, 1, 2]
    const int8: Encoded = { encoding: 'int8', dtype: 'float32', shape, codes, scale: f32([1], [0.5]) }
    const base = { encoding: 'gaps', dtype: 'float32', shape: [4], gaps: digits(256, [0, 2]) } as const
    await assertDecodes({ ...base, values: int8 }, f32([4], [-1.5, 0, 2.5, 0]))
    const stored = tensor('float16', shape, [0x3c00, 0xc000])
    await assertDecodes(
      { ...base, values: { encoding: 'cast', dtype: 'float32', shape, stored } },
      f32([4], [1, 0, -2, 0]),
    )
  })
})

describe('Encodings: bitmask', () => {
  const sparse: Encoded = {
    encoding: 'bitmask',
    dtype: 'float32',
    shape: [3, 3],
    // Planes of two words: digit i of word 0 is element 2 i, of word 1 element 2 i + 1.
    mask: digits(2, [0b0001_0010, 0b0000_0001]), // elements 2, 8 and 1
    values: dense(f32([4], [0, 5, 6, -0])),
  }

  it('numbers the ones, and gives zero to the others', async () => {
    await assertDecodes(sparse, f32([3, 3], [0, 5, 6, 0, 0, 0, 0, 0, -0]))
    assert.equal(label(sparse), 'bitmask + float32')
  })

  it('makes a vector and a scalar', async () => {
    await assertDecodes({ ...sparse, shape: [9] }, f32([9], [0, 5, 6, 0, 0, 0, 0, 0, -0]))
    await assertDecodes({ ...sparse, shape: [], mask: digits(2, [1]), values: dense(f32([2], [0, 4])) }, f32([], [4]))
  })
})

describe('Encodings: low-rank', () => {
  it('multiplies its factors, and gives the product its shape', async () => {
    const encoded: Encoded = {
      encoding: 'low-rank',
      dtype: 'float32',
      shape: [2, 2, 1, 1],
      left: dense(f32([2, 1], [1, 2])),
      right: dense(f32([1, 2], [3, 4])),
    }
    await assertDecodes(encoded, f32([2, 2, 1, 1], [3, 4, 6, 8]))
    await assertDecodes({ ...encoded, shape: [2, 2] }, f32([2, 2], [3, 4, 6, 8]))
    assert.equal(label(encoded), 'rank 1 + float32')
  })
})

describe('Encodings: repeated', () => {
  it('says one value for all', async () => {
    const encoded: Encoded = { encoding: 'repeated', dtype: 'float32', shape: [2, 3], element: f32([1], [-0]) }
    await assertDecodes(encoded, f32([2, 3], [-0, -0, -0, -0, -0, -0]))
    assert.equal(label(encoded), 'repeated value')
  })
})

describe('Encodings: digits', () => {
  /** Every form with the largest digit in every place, and with all digits in turn. */
  function words(form: DigitForm): { words: number[]; digits: number[] } {
    const rows = [0, 1, 2].map((w) => Array.from({ length: form.perWord }, (_, i) => (i * 7 + w * 5) % form.base))
    rows.push(Array.from({ length: form.perWord }, () => form.base - 1))
    const value = (row: number[]) => row.reduceRight((n, digit) => n * form.base + digit, 0)
    const planes = Array.from({ length: form.perWord }, (_, i) => rows.map((row) => row[i] ?? 0))
    return { words: rows.map(value), digits: planes.flat() }
  }

  for (const form of DIGIT_FORMS) {
    it(`to the base ${form.base} come out of ${form.dtype} as they went in, the largest too`, async () => {
      const made = words(form)
      const palette = tensor('int32', [form.base], [...Array(form.base).keys()])
      const codes: Digits<Tensor> = digits(form.base, made.words)
      const count = made.digits.length
      const encoded: Encoded = { encoding: 'codebook', dtype: 'int32', shape: [count], palette, codes }
      await assertDecodes(encoded, tensor('int32', [count], made.digits))
      const fewer: Encoded = { ...encoded, shape: [count - 1] }
      await assertDecodes(fewer, tensor('int32', [count - 1], made.digits.slice(0, -1)))
      assert.equal(isShifted(form), [2, 4, 16, 256].includes(form.base))
    })
  }

  for (const form of DIGIT_FORMS.filter(isShifted)) {
    it(`to the base ${form.base}, where they are many, come apart by shifts`, async () => {
      const made = Array.from({ length: 16_384 }, (_, i) => (i * 7 + Math.floor(i / 300)) % form.base)
      const palette = tensor('int32', [form.base], [...Array(form.base).keys()])
      const shape = [128, 128]
      const codes = digitsOf(form, 'planes', made)
      const encoded: Encoded = { encoding: 'codebook', dtype: 'int32', shape, palette, codes }
      await assertDecodes(encoded, tensor('int32', shape, made))
      const ops = [...packed(encoded).model.main.nodes].map(({ op }) => op)
      assert.equal(ops.includes('BitShift'), form.base < 256)
    })
  }

  it('are refused for a base without a form, and in rows outside of a codebook', () => {
    assert.throws(() => digitForm(41), /no form for digits to the base 41/)
    const { model, w } = withWeight('float32', [2])
    const into = new GraphBuilder(model, w.graph, null)
    const gaps = digits(16, [0], 'rows')
    const values = dense(f32([1, 1, 2], [1, 1]))
    assert.throws(() => build({ encoding: 'gaps', dtype: 'float32', shape: [2], gaps, values }, into), /looked up by/)
  })
})

describe('Encodings: a palette in half precision', () => {
  it('is widened, and told by its nodes', async () => {
    const palette = tensor('float16', [4], [0x0000, 0x3c00, 0xc000, 0x0001]) // 0, 1, -2, 2^-24
    const codes = digits(4, [0b11_10_01_00])
    const encoded: Encoded = { encoding: 'codebook', dtype: 'float32', shape: [2, 2], palette, codes }
    await assertDecodes(encoded, f32([2, 2], [0, 1, -2, 2 ** -24]))
    assert.equal(label(encoded), 'codebook of 4')
  })
})

describe('Encodings: the table', () => {
  it('names each member by its key, with a summary for people', () => {
    for (const [name, encoding] of Object.entries(encodings)) {
      assert.equal(encoding.name, name)
      assert.match(encoding.summary, /^[a-z0-9].*[a-z0-9]$/)
    }
  })

  it('stores several tensors of a graph, which share what is equal', async () => {
    const codes = digits(16, [0x31, 0x20], 'rows')
    const encoded: Encoded = {
      encoding: 'codebook',
      dtype: 'float32',
      shape: [2, 2],
      palette: f32([16], [...Array(16).keys()]),
      codes,
    }
    const { model, w } = withWeight('float32', [2, 2])
    const other = model.addConstant(w.graph, 'v', f32([2, 2], [0, 0, 0, 0]))
    const sum = model.addNode(w.graph, { op: 'Add', inputs: [w, other], outputs: ['sum'] }).outputs[0]
    assert.ok(sum)
    model.addOutput(w.graph, sum)
    const [first] = w.graph.nodes
    const into = new GraphBuilder(model, w.graph, first ?? null)
    model.compute(w, build(encoded, into))
    const nodes = w.graph.nodes.size
    const constants = w.graph.initializers.size
    model.compute(other, build(encoded, into))
    // The table of bytes is there already; only codes and palette come anew.
    assert.equal(w.graph.nodes.size - nodes, 4)
    assert.equal(w.graph.initializers.size - constants, 2 - 1)
    assert.deepEqual(Buffer.from(await decoded(model, 'all')), Buffer.from(f32([2, 2], [1, 3, 0, 2]).read()))
  })
})
