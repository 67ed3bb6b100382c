import { definePass } from '../pass.js'

export const options = {} as const

export const unpack = definePass({
  name: 'unpack',
  command: 'unpack',
  summary: 'Store packed weights as they are used',
  description:
    'The reverse of pack: every weight that a few nodes compute from smaller constants becomes an initializer again, under the name that it had, and those nodes go. Who packed them does not matter. The outputs are equal; the file is larger, and loads faster.',
  source: 'The ONNX operator specification: what the decoding ops give',
  suffix: 'unpacked',
  examples: ['unpack model.onnx', 'unpack model.onnx -o dense.onnx'],
  traits: { outputs: 'equal', idempotent: true, bytes: 'may-grow', needs: [], packed: 'decides' },
  options,
  check: () => {},
  load: () => import('./run.js'),
})
