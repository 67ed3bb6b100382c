import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { InvalidModelError, IoError, type UserError } from '../../src/errors.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeModel, encodeToBytes, planExternal, toBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { encodeWith, onnxSchema } from '../support/onnx-schema.js'

const root = onnxSchema()

describe('External data', () => {
  const inFolder = temporaryFolder()
  const modelPath = () => inFolder('models/model.onnx')
  const DATA = Buffer.from(Array.from({ length: 64 }, (_, i) => i))

  before(() => {
    mkdirSync(inFolder('models/sub'), { recursive: true })
    writeFileSync(inFolder('models/weights.bin'), DATA)
    writeFileSync(inFolder('models/sub/deep.bin'), DATA)
    writeFileSync(inFolder('secret.bin'), DATA)
    symlinkSync('../secret.bin', inFolder('models/link.bin'))
    symlinkSync('weights.bin', inFolder('models/inside.bin'))
    symlinkSync('../../secret.bin', inFolder('models/sub/link.bin'))
    symlinkSync('models', inFolder('linked-folder'))
  })

  function read(entries: Readonly<Record<string, string>>, path = modelPath(), dims: readonly number[] = [8]) {
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }))
    const tensor = { name: 'fc.weight', dims, dataType: 2, dataLocation: 1, externalData }
    writeFileSync(modelPath(), encodeWith(root, { irVersion: 8, graph: { initializer: [tensor] } }))
    const file = readModel(path)
    const [value] = file.model.main.initializers
    return { file, bytes: [...(value?.constant?.read() ?? [])] }
  }

  it('is read from its offset; offset and length may be left out, other keys do not matter', () => {
    const eight = [0, 1, 2, 3, 4, 5, 6, 7]
    assert.deepEqual(read({ location: 'weights.bin' }).bytes, eight)
    assert.deepEqual(read({ location: 'weights.bin', length: '8', checksum: 'abc' }).bytes, eight)
    assert.deepEqual(
      read({ location: 'weights.bin', offset: '3' }).bytes,
      eight.map((i) => i + 3),
    )
    assert.deepEqual(
      read({ location: 'weights.bin', offset: '56', length: '8' }).bytes,
      eight.map((i) => i + 56),
    )
    assert.deepEqual(read({ location: 'sub/deep.bin' }).bytes, eight)
    assert.deepEqual(read({ location: './weights.bin' }).bytes, eight)
    assert.deepEqual(read({ location: 'weights.bin', offset: '64' }, modelPath(), [0]).bytes, [])
  })

  it('may be a link inside the folder, and the folder itself may be one', () => {
    assert.equal(read({ location: 'inside.bin' }).bytes.length, 8)
    assert.equal(read({ location: 'weights.bin' }, inFolder('linked-folder/model.onnx')).bytes.length, 8)
  })

  const refused: readonly [
    entries: Readonly<Record<string, string>>,
    kind: new (message: string) => UserError,
    text: RegExp,
  ][] = [
    [
      { location: '/etc/hostname' },
      InvalidModelError,
      /lies outside of the model's folder: "\/etc\/hostname" is an absolute path/,
    ],
    [{ location: '../secret.bin' }, InvalidModelError, /"..\/secret.bin" leads out of it/],
    [{ location: 'sub/../../secret.bin' }, InvalidModelError, /leads out of it/],
    [{ location: '..' }, InvalidModelError, /leads out of it/],
    [{ location: 'link.bin' }, InvalidModelError, /"link.bin" is a link that leads out of it/],
    [{ location: 'sub/link.bin' }, InvalidModelError, /is a link that leads out of it/],
    [
      { location: 'missing.bin' },
      IoError,
      /External data file "missing.bin" of tensor "fc.weight" in .* is missing in "/,
    ],
    [{ location: 'weights.bin\0' }, IoError, /is missing/],
    [{ location: 'sub' }, IoError, /it is a folder/],
    [{ location: '.' }, IoError, /it is a folder/],
    [{ location: '' }, InvalidModelError, /has no location/],
    [{ offset: '0' }, InvalidModelError, /has no location/],
    [
      { location: 'weights.bin', offset: '57' },
      InvalidModelError,
      /wants bytes 57 to 65 of "weights.bin", which has 64/,
    ],
    [{ location: 'weights.bin', offset: '9007199254740991' }, InvalidModelError, /which has 64/],
    [{ location: 'weights.bin', offset: '-1' }, InvalidModelError, /has offset "-1", which is no byte count/],
    [{ location: 'weights.bin', offset: '1e3' }, InvalidModelError, /has offset "1e3"/],
    [{ location: 'weights.bin', offset: '99999999999999999999' }, InvalidModelError, /which is no byte count/],
    [{ location: 'weights.bin', offset: '' }, InvalidModelError, /has offset "", which is no byte count/],
    [{ location: 'weights.bin', length: '7' }, InvalidModelError, /has 7 bytes, its shape needs 8/],
    [{ location: 'weights.bin', length: '9' }, InvalidModelError, /has 9 bytes, its shape needs 8/],
  ]
  for (const [entries, kind, text] of refused) {
    it(`is refused with ${JSON.stringify(entries)}`, () => {
      assert.throws(
        () => read(entries),
        (error) =>
          error instanceof kind &&
          text.test(error.message) &&
          (error as UserError).suggestions.length > 0 && // every kind above is one
          (text.source.includes('folder') || /"fc.weight" in "[^"]*model.onnx"/.test(error.message)),
      )
    })
  }

  it('is opened once, whatever its locations are called, and counted among the bytes of the model', () => {
    const entry = (location: string) => ({
      dims: [8],
      dataType: 2,
      dataLocation: 1,
      externalData: [{ key: 'location', value: location }],
    })
    const initializer = ['weights.bin', './weights.bin', 'sub/../weights.bin', 'sub/deep.bin'].map((location, i) => ({
      name: `w${i}`,
      ...entry(location),
    }))
    const bytes = encodeWith(root, { irVersion: 8, graph: { initializer } })
    writeFileSync(modelPath(), bytes)

    const file = readModel(modelPath())

    assert.deepEqual(
      file.external.map((source) => source.path),
      [inFolder('models/weights.bin'), inFolder('models/sub/deep.bin')],
    )
    assert.equal(file.bytes, bytes.length + 128)
  })

  it('that became shorter since it was opened is an error that says so', () => {
    writeFileSync(inFolder('models/shrinking.bin'), DATA)
    const { file } = read({ location: 'shrinking.bin', offset: '40' })
    const [value] = file.model.main.initializers
    truncateSync(inFolder('models/shrinking.bin'), 44)
    assert.throws(
      () => value?.constant?.read(),
      (e) => e instanceof IoError && /it ends at byte 44, it had 64/.test(e.message),
    )
  })

  it('is drawn into a file that is written elsewhere, and planned at pages for one beside it', () => {
    const { model } = readModel('fixtures/generated/external.onnx')
    const inside = encodeToBytes(model)
    writeFileSync(inFolder('inside.onnx'), inside)
    const plan = planExternal(model)
    writeFileSync(inFolder('planned.data'), toBytes(plan))
    writeFileSync(inFolder('planned.onnx'), toBytes(encodeModel(model, { location: 'planned.data', plan })))

    const [one, two] = [readModel(inFolder('inside.onnx')), readModel(inFolder('planned.onnx'))]

    assert.ok(plan.offsets.size > 0 && [...plan.offsets.values()].every((offset) => offset % 4096 === 0))
    assert.deepEqual([one.external.length, two.external.length], [0, 1])
    for (const file of [one, two]) {
      const constants = (m: typeof model) =>
        [...m.main.initializers].map((v) => Buffer.from(v.constant?.read() ?? []).toString('hex'))
      assert.deepEqual(constants(file.model), constants(model))
    }
    assert.ok(Buffer.from(encodeToBytes(two.model)).equals(inside))
  })
})
