import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** The version of onnxruntime-node, from its manifest: nothing native is loaded. */
export function onnxruntimeVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'), 'utf8'),
  )
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error('The manifest of onnxruntime-node has no version.')
}
