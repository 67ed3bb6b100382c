import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../src/errors.js'
import type { NdArray } from '../../src/runtime/array.js'
import { EngineError } from '../../src/runtime/engine-error.js'
import { type ModelSource, openSession, type Session, type SessionOptions } from '../../src/runtime/session.js'
import { affine, cast, floats, node, tinyModel } from './tiny-model.js'

const inMemory = (bytes: Uint8Array): ModelSource => ({ bytes, folder: tmpdir() })
const float32 = (shape: number[], values: number[]): NdArray => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

async function using<T>(
  bytes: Uint8Array,
  work: (session: Session) => Promise<T>,
  options?: SessionOptions,
): Promise<T> {
  const session = await openSession(inMemory(bytes), options)
  try {
    return await work(session)
  } finally {
    await session.release()
  }
}

/** For assert.rejects: an EngineError of the stage, with the message. */
const refusal = (stage: string, message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof EngineError, String(error))
  assert.equal(error.stage, stage)
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  return true
}

describe('openSession', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'session-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('tells names, dtypes and shapes of inputs and outputs', async () => {
    await using(affine(), async ({ inputs, outputs }) => {
      assert.deepEqual(inputs, [{ name: 'x', dtype: 'float32', shape: ['N', 2] }])
      assert.deepEqual(outputs, [{ name: 'y', dtype: 'float32', shape: ['N', 2] }])
    })
  })

  it('marks unknown dimensions as null', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N', 2]] },
      outputs: ['i'],
      nodes: [node('NonZero', ['x'], ['i'])],
    })
    await using(model, async ({ outputs }) => {
      assert.deepEqual(outputs, [{ name: 'i', dtype: 'int64', shape: [2, null] }])
    })
  })

  for (const level of ['disabled', 'basic', 'extended', 'all'] as const) {
    it(`computes at level ${level}`, async () => {
      const y = await using(affine(), async (session) => (await session.run({ x: float32([2, 2], [1, 0, 1, 1]) })).y, {
        level,
        prepacking: false,
        threads: 1,
      })
      assert.deepEqual(y, float32([2, 2], [11, 22, 14, 26]))
    })
  }

  it('opens a file', async () => {
    const path = join(folder, 'größe.onnx')
    await writeFile(path, affine())
    const session = await openSession({ path })
    const { y } = await session.run({ x: float32([1, 2], [0, 0]) })
    await session.release()
    assert.deepEqual(y, float32([1, 2], [10, 20]))
  })

  it('finds the external data of a model in memory in the given folder', async () => {
    await writeFile(join(folder, 'weights.data'), new Uint8Array(Float32Array.of(0, 5, 7).buffer))
    const external = [
      { key: 'location', value: 'weights.data' },
      { key: 'offset', value: '4' },
      { key: 'length', value: '8' },
    ]
    const model = tinyModel({
      inputs: { x: ['float32', ['N', 2]] },
      outputs: ['y'],
      nodes: [node('Add', ['x', 'b'], ['y'])],
      weights: [{ name: 'b', dims: [2], dataType: 1, dataLocation: 1, externalData: external }],
    })
    const session = await openSession({ bytes: model, folder }, { prepacking: false })
    const { y } = await session.run({ x: float32([1, 2], [1, 1]) })
    await session.release()
    assert.deepEqual(y, float32([1, 2], [6, 8]))
  })

  it('gives float16 as its bits and takes it so', async () => {
    const model = tinyModel({
      inputs: { x: ['float16', ['N']] },
      outputs: ['y'],
      nodes: [node('Add', ['x', 'x'], ['y'])],
    })
    await using(model, async (session) => {
      const { y } = await session.run({ x: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } })
      assert.deepEqual(y, { dtype: 'float16', shape: [2], data: Uint16Array.of(0x4000, 0xc400) })
    })
  })

  it('passes strings, booleans and 64-bit integers through', async () => {
    const model = tinyModel({
      inputs: { s: ['string', ['N']], b: ['bool', ['N']], i: ['int64', []] },
      outputs: ['s2', 'b2', 'i2'],
      nodes: ['s', 'b', 'i'].map((name) => node('Identity', [name], [`${name}2`], name)),
    })
    const s: NdArray = { dtype: 'string', shape: [2], data: ['a', 'ü'] }
    const b: NdArray = { dtype: 'bool', shape: [1], data: Uint8Array.of(1) }
    const i: NdArray = { dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 60n)) }
    await using(model, async (session) => {
      assert.deepEqual(await session.run({ s, b, i }), { s2: s, b2: b, i2: i })
    })
  })

  it('runs an empty batch', async () => {
    await using(affine(), async (session) => {
      assert.deepEqual((await session.run({ x: float32([0, 2], []) })).y, float32([0, 2], []))
    })
  })

  it('computes only the outputs that are wanted', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N']] },
      outputs: ['a', 'b'],
      nodes: [node('Neg', ['x'], ['a']), node('Abs', ['x'], ['b'])],
    })
    await using(model, async (session) => {
      assert.deepEqual(await session.run({ x: float32([1], [-3]) }, ['b']), { b: float32([1], [3]) })
      await assert.rejects(
        session.run({ x: float32([1], [-3]) }, ['c']),
        refusal('bind', 'The model has no output "c". It has "a" (float32[N]), "b" (float32[N]).'),
      )
    })
  })
})

describe('A prepared run', () => {
  it('runs as often as it is called, and reads what its arrays hold then', async () => {
    const model = tinyModel({
      inputs: { x: ['int64', ['N']], table: ['float32', [2]] },
      outputs: ['y'],
      nodes: [node('Gather', ['table', 'x'], ['y'])],
    })
    await using(model, async (session) => {
      const x: NdArray = { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) }
      const run = session.prepare({ x, table: float32([2], [5, 6]) })
      assert.equal(await run(), undefined)
      assert.equal(await run(), undefined)
      ;(x.data as BigInt64Array)[0] = 7n // what it was made of
      await assert.rejects(run(), refusal('run', /Gather/))
    })
  })

  it('is refused at once where the inputs or outputs do not fit', async () => {
    await using(affine(), async (session) => {
      assert.throws(() => session.prepare({}), refusal('bind', /Nothing is fed/))
      assert.throws(() => session.prepare({ x: float32([1, 2], [1, 2]) }, ['z']), refusal('bind', /no output "z"/))
    })
  })

  it('ends with the session', async () => {
    const session = await openSession(inMemory(affine()))
    const run = session.prepare({ x: float32([1, 2], [1, 2]) })
    await session.release()
    await assert.rejects(run(), refusal('run', 'The session has been released.'))
  })
})

describe('What a session refuses before it runs', () => {
  const refusals: readonly (readonly [string, Record<string, NdArray>, string])[] = [
    [
      'a feed that no input has',
      { x: float32([1, 2], [1, 2]), z: float32([1], [1]) },
      'The model has no input "z". It has "x" (float32[N,2]).',
    ],
    ['a missing feed', {}, 'Nothing is fed to "x" (float32[N,2]).'],
    [
      'another dtype',
      { x: { dtype: 'int32', shape: [1, 2], data: Int32Array.of(1, 2) } },
      'Input "x" (float32[N,2]) does not take int32[1,2].',
    ],
    ['another rank', { x: float32([2], [1, 2]) }, 'Input "x" (float32[N,2]) does not take float32[2].'],
    ['another size', { x: float32([1, 3], [1, 2, 3]) }, 'Input "x" (float32[N,2]) does not take float32[1,3].'],
    [
      'shared memory',
      { x: { dtype: 'float32', shape: [1, 2], data: new Float32Array(new SharedArrayBuffer(8)) } },
      'Input "x": ONNX Runtime cannot read shared memory.',
    ],
  ]
  for (const [title, feeds, message] of refusals) {
    it(title, () => using(affine(), (session) => assert.rejects(session.run(feeds), refusal('bind', message))))
  }

  it('data shorter than their shape', () =>
    using(affine(), (session) =>
      assert.rejects(
        session.run({ x: float32([2, 2], [1, 2, 3]) }),
        refusal('bind', /^Input "x" \(float32\[N,2\]\): /),
      ),
    ))

  it('data of another array than the dtype wants', () =>
    using(affine(), (session) =>
      assert.rejects(
        session.run({ x: { dtype: 'float32', shape: [1, 2], data: Float64Array.of(1, 2) } }),
        refusal('bind', /^Input "x" \(float32\[N,2\]\): /),
      ),
    ))

  it('an int4 output, which would abort the process; its other outputs work', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N']] },
      outputs: ['q', 'y'],
      nodes: [cast('x', 'q', 'int4'), node('Neg', ['x'], ['y'])],
      opset: 21,
    })
    await using(model, async (session) => {
      const x = float32([2], [1, 2])
      await assert.rejects(
        session.run({ x }),
        refusal('bind', 'Output "q" is int4: ONNX Runtime for Node.js cannot hand it over.'),
      )
      assert.deepEqual((await session.run({ x }, ['y'])).y, float32([2], [-1, -2]))
    })
  })

  it('a run after the release, which itself may come twice', async () => {
    const session = await openSession(inMemory(affine()))
    await session.release()
    await session.release()
    await assert.rejects(session.run({ x: float32([1, 2], [1, 2]) }), refusal('run', 'The session has been released.'))
  })
})

describe('What ONNX Runtime refuses', () => {
  it('names the node of an inconsistent model', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N', 3]] },
      outputs: ['y'],
      nodes: [node('MatMul', ['x', 'w'], ['y'], 'the product')],
      weights: [floats('w', [2, 2], [1, 2, 3, 4])],
    })
    await assert.rejects(openSession(inMemory(model)), (error) => {
      assert.ok(error instanceof EngineError)
      assert.equal(error.node, 'the product')
      return refusal('load', /Incompatible dimensions for matrix multiplication/)(error)
    })
  })

  it('names the node that fails while it runs, without places in its source code', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N']], shape: ['int64', [1]] },
      outputs: ['y'],
      nodes: [node('Reshape', ['x', 'shape'], ['y'], 'the reshape')],
    })
    await using(model, (session) =>
      assert.rejects(
        session.run({ x: float32([3], [1, 2, 3]), shape: { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n) } }),
        (error) => {
          assert.ok(error instanceof EngineError)
          assert.equal(error.node, 'the reshape')
          assert.doesNotMatch(error.message, /\.(cc|h):\d|onnxruntime_src|\n/)
          return refusal(
            'run',
            /^Reshape "the reshape": The input tensor cannot be reshaped to the requested shape/,
          )(error)
        },
      ),
    )
  })

  it('says which op it does not know', async () => {
    const model = tinyModel({
      inputs: { x: ['float32', ['N']] },
      outputs: ['y'],
      nodes: [{ ...node('Foo', ['x'], ['y']), domain: 'custom' }],
    })
    await assert.rejects(openSession(inMemory(model)), refusal('load', /custom:Foo.* is not a registered function\/op/))
  })

  for (const [what, bytes] of [
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('no model at all')],
    ['half a model', affine().subarray(0, 60)],
  ] as const) {
    it(`${what} instead of a model`, () => assert.rejects(openSession(inMemory(bytes)), refusal('load', /./)))
  }

  it('a path without a file', () =>
    assert.rejects(openSession({ path: '/no/such.onnx' }), refusal('load', /File doesn't exist/)))
})

describe('Providers', () => {
  it('lists what there is when asked for one that is unknown', () =>
    assert.rejects(openSession(inMemory(affine()), { provider: 'abacus' }), (error) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.message, 'This build of ONNX Runtime has no provider "abacus".')
      assert.match(error.suggestions.join('\n'), /^It has cpu\b/)
      return true
    }))

  it('says why one does not start', async function () {
    const opening = openSession(inMemory(affine()), { provider: 'cuda' })
    const error: unknown = await opening.then(
      (session) => session.release(),
      (refused) => refused,
    )
    if (error === undefined) return this.skip() // a machine that has it
    assert.ok(error instanceof UsageError, String(error))
    assert.match(error.message, /provider "cuda"/i)
    assert.match(error.suggestions.join('\n'), /\bcpu\b/)
  })
})

describe('The streams of a process with a session', () => {
  // Without silencing, ONNX Runtime warns of the unused initializer and reports the failed run on stderr.
  const script = `
    const { openSession } = await import(process.argv[1])
    const bytes = Buffer.from(process.argv[2], 'base64')
    const options = process.argv[3] === 'verbose' ? { logSeverity: 2 } : {}
    const session = await openSession({ bytes, folder: '.' }, options)
    await session.run({ i: { dtype: 'int64', shape: [1], data: BigInt64Array.of(7n) } }).catch(() => {})
    await session.release()`
  const model = tinyModel({
    inputs: { i: ['int64', ['N']] },
    outputs: ['y'],
    nodes: [node('Gather', ['w', 'i'], ['y'])],
    weights: [floats('w', [2], [1, 2]), floats('unused', [1], [1])],
  })
  const streams = (mode: string, env: Readonly<Record<string, string>> = {}) => {
    const url = new URL('../../src/runtime/session.js', import.meta.url).href
    const args = ['--input-type=module', '-e', script, url, Buffer.from(model).toString('base64'), mode]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
    })
    assert.equal(status, 0, stderr)
    return { stdout, stderr }
  }

  it('stay empty', () => assert.deepEqual(streams('quiet'), { stdout: '', stderr: '' }))

  it('are all that is left: the folder for temporary files stays empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'session-'))
    try {
      streams('quiet', { TMPDIR: folder })
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('carry the warnings on stderr when asked', () => {
    const { stdout, stderr } = streams('verbose')
    assert.equal(stdout, '')
    assert.match(stderr, /Removing initializer 'unused'/)
  })
})
