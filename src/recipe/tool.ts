import { readFileSync } from 'node:fs'
import type { Report } from '../report/report.js'
import { onnxruntimeVersion } from '../runtime/version.js'

/** What made a report: enough to make it again. */
export function tool(): Report['tool'] {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const version = (manifest as { version: string }).version // our own manifest
  return { name: 'mcompress', version, onnxruntime: onnxruntimeVersion(), node: process.versions.node }
}
