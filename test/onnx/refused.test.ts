import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { InvalidModelError, IoError, UserError } from '../../src/errors.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { encodeWith, onnxSchema } from '../support/onnx-schema.js'

/** Bytes of a message field, of any length. */
const field = (id: number, content: Uint8Array) =>
  Buffer.concat([Buffer.of((id << 3) | 2), varint(content.length), content])

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

describe('What is no model', () => {
  const inFolder = temporaryFolder()

  function refusal(content: Uint8Array | string, name = 'model.onnx'): UserError {
    writeFileSync(inFolder(name), content)
    try {
      readModel(inFolder(name)).close()
    } catch (error) {
      assert.ok(error instanceof UserError, String(error instanceof Error ? error.stack : error))
      assert.ok(error.message.includes(name), error.message)
      assert.ok(error.suggestions.length > 0, `no remedy: ${error.message}`)
      return error
    }
    throw new assert.AssertionError({ message: 'It was read.' })
  }

  const formats: readonly [title: string, content: Uint8Array | string, text: RegExp][] = [
    ['an empty file', '', /the file is empty/],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      /pointer of Git LFS/,
    ],
    ['a PyTorch checkpoint', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(300, 1)]), /zip archive/],
    ['a compressed file', Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 0), Buffer.alloc(300, 1)]), /compressed with gzip/],
    [
      'a TensorFlow Lite model',
      Buffer.concat([Buffer.of(28, 0, 0, 0), Buffer.from('TFL3'), Buffer.alloc(300, 1)]),
      /TensorFlow Lite/,
    ],
    [
      'a model in the ORT format',
      Buffer.concat([Buffer.of(28, 0, 0, 0), Buffer.from('ORTM'), Buffer.alloc(300, 1)]),
      /ORT format/,
    ],
    ['a Keras model', Buffer.concat([Buffer.from('\x89HDF\r\n', 'latin1'), Buffer.alloc(300, 1)]), /HDF5/],
    ['a text file', 'Not Found\n', /a text file \("Not Found\.\.\."\)/],
    [
      'a page of a server',
      '<!DOCTYPE html>\n<html lang="en">\n  <head>',
      /a text file \("<!DOCTYPE html> <html la\.\.\."\)/,
    ],
    ['a photo', Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), Buffer.alloc(300, 9)]), /no valid ONNX file/],
    ['zeros', Buffer.alloc(4096), /a field has number 0 \(byte 0\)/],
    ['a message without a graph', Buffer.of(8, 8), /it has no graph/],
    [
      'another message',
      Buffer.from(field(1, Buffer.from('a name'))),
      /field "irVersion" of ModelProto has wire type 2 \(byte 0\)/,
    ],
  ]
  for (const [title, content, text] of formats) {
    it(`is refused by name: ${title}`, () => {
      const error = refusal(content)
      assert.ok(error instanceof InvalidModelError)
      assert.match(error.message, text)
    })
  }

  const wires: readonly [title: string, bytes: Uint8Array, text: RegExp][] = [
    ['a number of more than ten bytes', Buffer.alloc(20, 0xff), /a number has more than 10 bytes \(byte 0\)/],
    ['a number that is cut off', Buffer.of(8, 0x80), /the file is truncated \(byte 1\)/],
    [
      'a length past the end',
      Buffer.concat([Buffer.of(8, 8, 0x3a), varint(1000), Buffer.alloc(10)]),
      /truncated: a field of 1000 bytes is cut off after 10 \(byte 2\)/,
    ],
    [
      'a length of a petabyte',
      Buffer.concat([Buffer.of(8, 8, 0x3a), varint(2 ** 50), Buffer.alloc(10)]),
      /truncated: a field of 1125899906842624 bytes/,
    ],
    [
      'an inner length past its message',
      field(7, Buffer.of(0x12, 5, 0x61)),
      /a field of 5 bytes is cut off after 1 \(byte 2\)/,
    ],
    [
      'an inner number past its message',
      Buffer.concat([field(7, field(5, Buffer.of(8, 0x80))), Buffer.of(1)]),
      /a number runs past its message/,
    ],
    [
      'a fixed number that is cut off',
      Buffer.of(8, 8, ((1001 << 3) & 0x7f) | 5 | 0x80, 62, 1),
      /ends in the middle of a number/,
    ],
    ['a group, which ONNX has none of', Buffer.of(8, 8, 0x7b, 0x7c), /wire type 3 does not occur in ONNX/],
    [
      'a field number that protobuf does not allow',
      Buffer.concat([Buffer.of(8, 8), varint(2 ** 35 + 8), Buffer.of(1)]),
      /a field has number 4294967297/,
    ],
    [
      'a text for a number',
      field(7, field(11, field(2, Buffer.of(8, 1)))),
      /field "tensorType" of TypeProto has wire type 0/,
    ],
    [
      'a fixed number for data',
      field(7, field(5, Buffer.of((9 << 3) | 5, 0, 0, 0, 0))),
      /data of a tensor has wire type 5/,
    ],
    [
      'a reserved field in a tensor',
      field(7, field(5, Buffer.concat([varint(19000 * 8), Buffer.of(0)]))),
      /a tensor has a reserved field/,
    ],
    ['packed floats of another length', field(7, field(1, field(5, field(7, Buffer.alloc(5))))), /no valid ONNX file/],
    ['packed ints that are cut off', field(7, field(1, field(5, field(8, Buffer.of(1, 0x80))))), /no valid ONNX file/],
  ]
  for (const [title, bytes, text] of wires) {
    it(`is refused with its byte: ${title}`, () => {
      const error = refusal(bytes)
      assert.ok(error instanceof InvalidModelError)
      assert.match(error.message, text)
    })
  }

  it('is refused when graphs lie too deep inside one another, and when types do', () => {
    let graph = Buffer.alloc(0)
    for (let depth = 0; depth < 2000; depth++) graph = field(1, field(5, field(6, graph)))
    assert.match(refusal(field(7, graph)).message, /more than 100 deep/)
    let type = Buffer.alloc(0)
    for (let depth = 0; depth < 2000; depth++) type = field(4, field(1, type))
    assert.match(refusal(field(7, field(11, field(2, type)))).message, /more than 100 deep/)
  })

  it('is refused wherever a model is cut off, or it is a smaller model of its own', () => {
    const whole = readFileSync('fixtures/generated/nested.onnx')
    const other = readFileSync('fixtures/lenet5.onnx')
    for (const [bytes, step] of [
      [whole, 7],
      [other, 64 * 80],
    ] as const) {
      for (let length = 1; length < bytes.length; length += step) {
        const error = refusal(bytes.subarray(0, length))
        assert.ok(error instanceof InvalidModelError)
        assert.match(error.message, /the file is truncated|it has no graph|is made by no node|reads/)
      }
    }
  })

  it('is refused at every 64th byte of a real one', () => {
    const bytes = readFileSync('node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx')
    const cuts = Array.from({ length: 200 }, (_, i) => 64 + 64 * Math.floor((i / 200) * (bytes.length / 64 - 1)))
    for (const length of cuts)
      assert.match(refusal(bytes.subarray(0, length)).message, /the file is truncated|it has no graph/)
  })

  it('is refused where it cannot be opened, as a matter of the file', () => {
    const io = (path: string, text: RegExp) =>
      assert.throws(
        () => readModel(path),
        (e) => e instanceof IoError && text.test(e.message) && e.suggestions.length > 0,
      )
    mkdirSync(inFolder('folder.onnx'))
    execFileSync('mkfifo', [inFolder('pipe.onnx')])
    io(inFolder('missing.onnx'), /Cannot read ".*missing.onnx": no such file/)
    io(inFolder('folder.onnx'), /it is a folder/)
    io(inFolder('pipe.onnx'), /it is no regular file/)
    io(`${inFolder('folder.onnx')}/model.onnx/x`, /no such file/)
    io('/dev/null', /it is no regular file/)
  })

  it('holds no file open after it was refused, nor its external data', () => {
    const open = () => execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' })
    writeFileSync(inFolder('weights.data'), Buffer.alloc(64))
    const tensor = (name: string, location: string) => ({
      name,
      dims: [64],
      dataType: 2,
      dataLocation: 1,
      externalData: [{ key: 'location', value: location }],
    })
    const initializer = [tensor('a', 'weights.data'), tensor('b', 'gone.data')]
    writeFileSync(inFolder('half.onnx'), encodeWith(onnxSchema(), { irVersion: 8, graph: { initializer } }))
    assert.throws(() => readModel(inFolder('half.onnx')), /"gone.data" of tensor "b" in ".*half.onnx" is missing/)
    if (process.platform === 'linux') assert.doesNotMatch(open(), /half\.onnx|weights\.data/)
  })

  it('takes a file of twenty thousand tensors and one of a megabyte of fields without trouble', () => {
    const initializer = Array.from({ length: 20_000 }, (_, i) => ({
      name: `w${i}`,
      dims: [1],
      dataType: 2,
      rawData: Buffer.of(1),
    }))
    const root = onnxSchema()
    writeFileSync(inFolder('many.onnx'), encodeWith(root, { irVersion: 8, graph: { initializer } }))
    const unpacked = onnxSchema({ form: 'unpacked' })
    const wide = { name: 'w', dims: [300_000], dataType: 1, floatData: Array(300_000).fill(1.5) }
    writeFileSync(inFolder('wide.onnx'), encodeWith(unpacked, { irVersion: 8, graph: { initializer: [wide] } }))
    const start = performance.now()

    const many = readModel(inFolder('many.onnx'))
    const one = readModel(inFolder('wide.onnx'))

    assert.equal(many.model.main.initializers.size, 20_000)
    assert.ok(Buffer.from(encodeToBytes(many.model)).equals(readFileSync(inFolder('many.onnx'))))
    const [value] = one.model.main.initializers
    assert.equal(Buffer.from(value?.constant?.read() ?? []).readFloatLE(4 * 299_999), 1.5)
    assert.ok(performance.now() - start < 8000)
    many.close()
    one.close()
  })
})
