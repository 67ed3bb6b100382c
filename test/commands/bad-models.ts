import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { encodeWith, onnxSchema } from '../support/onnx-schema.js'

const FLOAT = 1
const EXTERNAL = 1
const schema = onnxSchema()

/** Fills a folder with models and data that are wrong, each in one way; `good.onnx` is not. */
export function writeBadModels(folder: string): void {
  const path = (name: string) => join(folder, name)
  const good = readFileSync(resolve('fixtures/generated/gemm.onnx'))
  const files: Readonly<Record<string, Uint8Array | string>> = {
    'good.onnx': good,
    'truncated.onnx': good.subarray(0, good.length - 100),
    'random.onnx': Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919 + (i >> 3)) & 255),
    'text.onnx': 'this is a text file\n',
    'empty.onnx': '',
    'page.onnx': '<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>\n',
    'pointer.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n',
    'checkpoint.onnx': 'PK\u0003\u0004 archive/data.pkl',
    'no-graph.onnx': encodeWith(schema, { irVersion: 8 }),
    'cycle.onnx': encodeWith(schema, modelOf([], cycle)),
    'undefined.onnx': encodeWith(schema, modelOf([], [{ opType: 'Relu', input: ['nobody'], output: ['y'] }])),
    'too-short.onnx': encodeWith(schema, modelOf([weight({ rawData: Buffer.alloc(10) })])),
    'no-data-file.onnx': encodeWith(schema, modelOf([external('gone.bin')])),
    'absolute.onnx': encodeWith(schema, modelOf([external('/etc/passwd')])),
    'outside.onnx': encodeWith(schema, modelOf([external('../secret.bin')])),
    'linked.onnx': encodeWith(schema, modelOf([external('link.bin')])),
    'short-data-file.onnx': encodeWith(schema, modelOf([external('short.bin')])),
    'short.bin': Buffer.alloc(63),
    'x.csv': 'a,b\n1,2\n3,4\n',
    'broken.npz': 'PK\u0003\u0004 no archive',
    'metric.mjs': 'export default 42\n',
    'good.md': '',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content)
  copyFileSync(resolve('fixtures/generated/not-finite.onnx'), path('not-finite.onnx'))
  copyFileSync(resolve('fixtures/generated/gru.onnx'), path('other-inputs.onnx'))
  symlinkSync('/etc/passwd', path('link.bin'))
  mkdirSync(path('folder'))
  writeFileSync(path('folder/inside.onnx'), good)
}

const cycle = [
  { opType: 'Add', name: 'first', input: ['x', 'b'], output: ['a'] },
  { opType: 'Relu', name: 'second', input: ['a'], output: ['b'] },
]

/** x[1,4] -> MatMul with w[4,4] -> y, unless told. */
function modelOf(initializer: readonly object[], node: readonly object[] = [matmul]): object {
  const info = (name: string) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } },
  })
  const output = node === cycle ? 'b' : 'y'
  return {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: { name: 'g', node, initializer, input: [info('x')], output: [info(output)] },
  }
}

const matmul = { opType: 'MatMul', name: 'fc', input: ['x', 'w'], output: ['y'] }

function weight(data: object): object {
  return { name: 'w', dataType: FLOAT, dims: [4, 4], ...data }
}

function external(location: string): object {
  return weight({ dataLocation: EXTERNAL, externalData: [{ key: 'location', value: location }] })
}
