import { openSession, requireProvider } from '../session.js'
import { onnxruntimeVersion } from '../version.js'
import { defineConsumer } from './consumer.js'

export const node = defineConsumer({
  name: 'node',
  package: 'onnxruntime-node',
  summary: 'ONNX Runtime for Node.js, which the Python package shares its optimizer and kernels with',
  mostBytes: null,
  profiles: true,
  version: onnxruntimeVersion,
  start: () => requireProvider('cpu'),
  open({ path }, { level, threads, profile }) {
    return openSession({ path }, { level, ...(threads !== null && { threads }), ...(profile && { profile }) })
  },
})
