import assert from 'node:assert/strict'
import fc from 'fast-check'
import { digitForm } from '../../../src/encodings/digits.js'
import { float16OfBits, float16ToNumber, numberToFloat16 } from '../../../src/ir/float16.js'
import { importanceReader } from '../../../src/passes/pack/broadcast.js'
import { narrowed } from '../../../src/passes/pack/casts.js'
import { exactCoder, nearestCoder } from '../../../src/passes/pack/coder.js'
import { DigitWriter } from '../../../src/passes/pack/digit-writer.js'
import { isFloat16 } from '../../../src/passes/pack/half.js'
import { Spacing } from '../../../src/passes/pack/spacing.js'
import { surveyOf } from '../../../src/passes/pack/survey.js'
import { float32, normal, random } from './tensors.js'

const bitsOf = (x: number) => new Int32Array(Float32Array.of(x).buffer)[0] as number // has one

describe('Pack: the survey of a tensor', () => {
  it('counts weights, zeros of both signs, and sums of squares', async () => {
    const survey = await surveyOf(float32([2, 4], [0, 1, -0, 2, 0, 0, -3, 2]))
    assert.equal(survey.elements, 8)
    assert.equal(survey.spacing.present, 5)
    assert.equal(survey.weights?.spacing.present, 4)
    assert.ok(survey.weights?.hasZeros && survey.weights.hasNegativeZeros)
    assert.equal(survey.weights.density.energy, 18)
    assert.equal(survey.weights.largest, 3)
    assert.equal(survey.distinct?.length, 5)
    assert.deepEqual(survey.casts, ['float16', 'bfloat16'])
  })

  it('finds the largest weight of each channel, along the first and the last axis', async () => {
    const survey = await surveyOf(float32([2, 1, 3], [1, -5, 2, 0, 3, -4]))
    const [first, last] = survey.weights?.channels ?? []
    assert.deepEqual(
      [first?.shape, [...(first?.largest ?? [])]],
      [
        [2, 1, 1],
        [5, 4],
      ],
    )
    assert.deepEqual([last?.shape, [...(last?.largest ?? [])]], [[3], [1, 5, 4]])
    assert.deepEqual((await surveyOf(float32([1, 5, 1], [1, 2, 3, 4, 5]))).weights?.channels, [])
  })

  it('has the same channels when a tensor comes in many chunks', async () => {
    const weights = normal(700 * 501, 3)
    const survey = await surveyOf(float32([700, 501], weights))
    const [rows, columns] = survey.weights?.channels ?? []
    const most = (indices: (k: number) => number, n: number) =>
      Math.max(...Array.from({ length: n }, (_, k) => Math.abs(weights[indices(k)] as number)))
    for (const c of [0, 1, 261, 262, 499, 500])
      assert.equal(
        columns?.largest[c],
        most((k) => k * 501 + c, 700),
      )
    for (const c of [0, 261, 262, 523, 699])
      assert.equal(
        rows?.largest[c],
        most((k) => c * 501 + k, 501),
      )
  })

  it('keeps the mass, the mean and the sum of squares of the weights in its density', async () => {
    const weights = normal(200_000, 11, 0.25)
    const density = (await surveyOf(float32([400, 500], weights))).weights?.density
    assert.ok(density)
    const sum = (of: (x: number, w: number) => number) =>
      density.values.reduce((total, x, i) => total + of(x, density.weights[i] as number), 0)
    assert.equal(sum((_, w) => w) + density.zeroWeight, 200_000)
    assert.equal(density.zeroWeight, weights.filter((x) => x === 0).length)
    const exact = weights.reduce((total, x) => total + x, 0)
    assert.ok(Math.abs(sum((x, w) => w * x) - exact) < 1e-6)
    assert.ok(Math.abs(sum((x, w) => w * x * x) + density.scatter - density.energy) < 1e-6)
    assert.ok(density.scatter < 1e-6 * density.energy)
    assert.ok(density.values.every((x, i) => i === 0 || x > (density.values[i - 1] as number)))
  })

  it('weighs by importance, and evenly where that is zero everywhere', async () => {
    const tensor = float32([2, 2], [1, 2, 3, 4])
    const rows = { shape: [2, 1], values: Float64Array.of(10, 1) }
    assert.equal((await surveyOf(tensor, { importance: rows })).weights?.density.energy, 10 + 40 + 9 + 16)
    const none = { shape: [2, 1], values: new Float64Array(2) }
    assert.equal((await surveyOf(tensor, { importance: none })).weights?.density.energy, 30)
  })

  it('leaves its histogram empty for the next tensor', async () => {
    await surveyOf(float32([4], [1e30, Number.NaN, -1e-40, Number.NEGATIVE_INFINITY]))
    await surveyOf(float32([4], [5, -6, 7, 8]))
    const density = (await surveyOf(float32([2], [1, 2]))).weights?.density
    assert.deepEqual([...(density?.values ?? [])], [1, 2])
    assert.deepEqual([...(density?.weights ?? [])], [1, 1])
  })

  it('surveys several tensors at the same time', async () => {
    const tensors = [1, 2, 3].map((seed) => float32([300, 1000], normal(300_000, seed)))
    const alone = []
    for (const tensor of tensors) alone.push((await surveyOf(tensor)).weights?.density)
    const together = await Promise.all(tensors.map(async (tensor) => (await surveyOf(tensor)).weights?.density))
    assert.deepEqual(together, alone)
  })

  it('tells what it read, and stops when it is told to', async () => {
    const stop = new AbortController()
    let read = 0
    const tensor = float32([300_000], normal(300_000, 1))
    await surveyOf(tensor, { onRead: (bytes) => (read += bytes) })
    assert.equal(read, 1_200_000)
    stop.abort(new Error('stopped'))
    await assert.rejects(surveyOf(tensor, { signal: stop.signal }), /stopped/)
  })
})

describe('Pack: spacing', () => {
  it('counts the zeros that gaps are filled with', () => {
    const spacing = new Spacing()
    for (const place of [0, 1, 4, 19, 5019]) spacing.add(place) // distances 0, 1, 3, 15, 5000
    assert.deepEqual(
      [2, 4, 16, 256].map((base) => spacing.fillers(base)),
      [
        2 + 14 + 4999, // in steps of 1
        4 + 1666, // in steps of 3: 15 is five of them
        333, // in steps of 15
        19, // in steps of 255
      ],
    )
    assert.equal(spacing.present, 5)
  })
})

describe('Pack: half precision of bits', () => {
  it('rounds as numbers do, for every exponent and near every tie', () => {
    const next = random(1)
    for (let exponent = 0; exponent < 256; exponent++) {
      for (let i = 0; i < 40; i++) {
        const low = [0, 0xfff, 0x1000, 0x1001, 0x1fff, Math.floor(next() * 0x2000)][i % 6] as number
        const bits = ((i & 1) << 31) | (exponent << 23) | (Math.floor(next() * 1024) << 13) | low
        const x = new Float32Array(Int32Array.of(bits).buffer)[0] as number // has one
        if (Number.isNaN(x)) assert.ok(Number.isNaN(float16ToNumber(float16OfBits(bits))))
        else assert.equal(float16OfBits(bits), numberToFloat16(x), `${x}`)
        assert.equal(isFloat16(bits), Number.isFinite(x) && Object.is(float16ToNumber(numberToFloat16(x)), x), `${x}`)
      }
    }
  })

  it('finds every half exact', () => {
    for (let half = 0; half < 1 << 16; half++) {
      const x = float16ToNumber(half)
      if (!Number.isFinite(x)) continue
      assert.ok(isFloat16(bitsOf(x)), String(x))
      assert.equal(float16OfBits(bitsOf(x)), half)
    }
  })

  it('is what float32 is narrowed to', () => {
    const halves = new Uint16Array(narrowed(float32([3], [1, -2, 65504]).read(), 'float32', 'float16').buffer)
    assert.deepEqual([...halves], [0x3c00, 0xc000, 0x7bff])
  })
})

describe('Pack: importance of every element', () => {
  it('is broadcast as ONNX does, from any element on', () => {
    const shapes = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean()), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), (dims, a, b) => {
        const weight = dims.map(([size]) => size)
        const shape = dims.map(([size, isFull]) => (isFull ? size : 1))
        const count = shape.reduce((n, size) => n * size, 1)
        const values = Float64Array.from({ length: count }, (_, i) => i + 1)
        const total = weight.reduce((n, size) => n * size, 1)
        const first = a % total
        const n = 1 + (b % (total - first))
        const into = new Float64Array(n)
        importanceReader({ shape, values }, weight)(first, n, into)
        const expected = Array.from({ length: n }, (_, i) => {
          let rest = first + i
          let place = 0
          let step = 1
          for (let axis = weight.length - 1; axis >= 0; axis--) {
            const [size, own] = [weight[axis] as number, shape[axis] as number] // of it
            if (own > 1) place += (rest % size) * step
            step *= own
            rest = Math.floor(rest / size)
          }
          return place + 1
        })
        assert.deepEqual([...into], expected)
      }),
      { numRuns: 300, seed: 5 },
    )
  })

  it('has fewer dimensions, or none', () => {
    const read = (shape: readonly number[], values: readonly number[], weight: readonly number[], n: number) => {
      const into = new Float64Array(n)
      importanceReader({ shape, values: Float64Array.from(values) }, weight)(0, n, into)
      return [...into]
    }
    assert.deepEqual(read([3], [1, 2, 3], [2, 3], 6), [1, 2, 3, 1, 2, 3])
    assert.deepEqual(read([], [7], [2, 2], 4), [7, 7, 7, 7])
    assert.deepEqual(read([2, 1, 1], [1, 2], [2, 2, 2], 8), [1, 1, 1, 1, 2, 2, 2, 2])
    assert.throws(() => read([4], [1, 2, 3, 4], [2, 3], 6), /\[4\] does not broadcast to a weight of shape \[2,3\]/)
    assert.throws(() => read([2, 1, 1], [1, 2], [3, 4], 12), /does not broadcast/)
  })
})

describe('Pack: codes', () => {
  it('are those of the nearest value, but for what lies in the bin of a middle', () => {
    for (const palette of [[-2, -0.5, 0, 0.25, 3], [1, 2, 4], [-3, -1], [0], [-1e-30, 0, 1e30]]) {
      const coder = nearestCoder(Float32Array.from(palette))
      const next = random(palette.length)
      for (let i = 0; i < 2000; i++) {
        const x = Math.fround((next() - 0.5) * 10 ** (next() * 8 - 6))
        const errors = palette.map((v) => Math.abs(v - x))
        const found = errors[coder.codeOf(bitsOf(x))] as number // a code of it
        assert.ok(found <= Math.min(...errors) + Math.abs(x) / 1024, `${x}: ${palette[coder.codeOf(bitsOf(x))]}`)
      }
    }
    assert.equal(nearestCoder(Float32Array.of(-1, 0, 1)).codeOf(bitsOf(-0)), 1)
  })

  it('of exact words are found for up to 256 of them, and for nothing else', () => {
    const words = Array.from({ length: 256 }, (_, i) => bitsOf(Math.fround(i * 1.37 - 100)))
    const coder = exactCoder(words)
    const codes = new Uint8Array(256)
    coder.codes(Int32Array.from(words), 256, codes)
    assert.deepEqual([...codes], [...words.keys()])
    assert.equal(coder.codeOf(words[9] as number), 9)
    assert.throws(() => coder.codeOf(bitsOf(1e9)), /none of 256 values/)
  })
})

describe('Pack: digits in words', () => {
  it('stand in planes, or in rows, however they come', () => {
    const digits = Uint8Array.of(1, 2, 3, 4, 5)
    for (const split of [0, 1, 3, 5]) {
      const planes = new DigitWriter({
        form: digitForm(40),
        order: 'planes',
        words: { dtype: 'uint16', shape: [1, 2] },
      })
      planes.write(digits.subarray(0, split))
      planes.write(digits.subarray(split))
      // Words 0 and 1 hold digits 0, 2, 4 and 1, 3.
      assert.deepEqual([...new Uint16Array(planes.bytes.slice().buffer)], [1 + 3 * 40 + 5 * 1600, 2 + 4 * 40])
      const rows = new DigitWriter({ form: digitForm(16), order: 'rows', words: { dtype: 'uint8', shape: [1, 3] } })
      rows.write(digits.subarray(0, split))
      rows.write(digits.subarray(split))
      assert.deepEqual([...rows.bytes], [0x21, 0x43, 0x05])
    }
  })

  it('are no more than there is room for', () => {
    const writer = new DigitWriter({ form: digitForm(16), order: 'planes', words: { dtype: 'uint8', shape: [1, 1] } })
    assert.throws(() => writer.write(Uint8Array.of(1, 2, 3)), /More digits than were planned/)
  })

  it('are as large as a word of int32 holds', () => {
    const writer = new DigitWriter({ form: digitForm(73), order: 'planes', words: { dtype: 'int32', shape: [1, 1] } })
    writer.write(Uint8Array.of(72, 72, 72, 72, 72))
    assert.deepEqual([...new Int32Array(writer.bytes.slice().buffer)], [73 ** 5 - 1])
  })
})
