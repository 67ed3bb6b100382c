import proto, { type onnx } from 'onnx-proto'

/** Numbers of TensorProto.DataType. */
export const ELEMENT = {
  float32: 1,
  uint8: 2,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  bfloat16: 16,
  int4: 22,
} as const
export type Element = keyof typeof ELEMENT

interface Parts {
  readonly inputs: Readonly<Record<string, readonly [Element, readonly (number | string)[]]>>
  /** Types are left to ONNX Runtime. */
  readonly outputs: readonly string[]
  readonly nodes: readonly onnx.INodeProto[]
  readonly weights?: readonly onnx.ITensorProto[]
  readonly opset?: number
}

/** The bytes of a small model, from an encoder that is not the one under test elsewhere. */
export function tinyModel({ inputs, outputs, nodes, weights = [], opset = 17 }: Parts): Uint8Array {
  const input = Object.entries(inputs).map(([name, [element, dims]]) => ({
    name,
    type: {
      tensorType: {
        elemType: ELEMENT[element],
        shape: { dim: dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) },
      },
    },
  }))
  return proto.onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: '', version: opset },
      { domain: 'custom', version: 1 },
    ],
    graph: {
      name: 'tiny',
      input,
      output: outputs.map((name) => ({ name })),
      node: [...nodes],
      initializer: [...weights],
    },
  }).finish()
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): onnx.ITensorProto {
  return { name, dims: [...dims], dataType: ELEMENT.float32, rawData: new Uint8Array(Float32Array.from(values).buffer) }
}

export function node(op: string, inputs: readonly string[], outputs: readonly string[], name = op): onnx.INodeProto {
  return { opType: op, input: [...inputs], output: [...outputs], name }
}

export function cast(input: string, output: string, to: Element): onnx.INodeProto {
  return { ...node('Cast', [input], [output]), attribute: [{ name: 'to', type: 2, i: ELEMENT[to] }] }
}

/** y = x W + b with x [N, 2], W = [[1, 2], [3, 4]], b = [10, 20]; the batch axis as given. */
export function affine(batch: number | string = 'N'): Uint8Array {
  return tinyModel({
    inputs: { x: ['float32', [batch, 2]] },
    outputs: ['y'],
    nodes: [node('MatMul', ['x', 'w'], ['xw']), node('Add', ['xw', 'b'], ['y'])],
    weights: [floats('w', [2, 2], [1, 2, 3, 4]), floats('b', [2], [10, 20])],
  })
}
