import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** What stands further left knows nothing of what stands right of it; what shares a place, nothing of each other. */
const ORDER =
  'errors nearest size < ir < ops, onnx < encodings < runtime < data, metrics < analysis < rewrites < train < passes < report < recipe < commands < index'
const rank = new Map(
  ORDER.split(' < ').flatMap((place, i) => place.split(/,? /).map((name): [string, number] => [name, i])),
)

/** Packages that only these may import. */
const OWNERS: Readonly<Record<string, RegExp>> = {
  protobufjs: /^onnx\//,
  'onnx-proto': /^onnx\//,
  'onnxruntime-node': /^runtime\//,
  '@oclif/core': /^commands\//,
  chalk: /^(report\/terminal|commands\/progress)\.ts$/,
}

/** Static, type-only and dynamic imports, and files that are started by their address. */
const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'|\bnew URL\('([^']+)', import\.meta\.url\)/g

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
const imports = files.flatMap((file) =>
  [...readFileSync(join('src', file), 'utf8').matchAll(IMPORT)].map(([, module, url]) => ({
    file,
    to: module ?? url ?? '',
  })),
)
/** `ir` of `ir/graph.ts`, `errors` of `errors.ts`. */
const layer = (path: string) => path.replace(/\.[jt]s$/, '').split('/')[0] ?? ''

describe('The imports of src', () => {
  it('point one way, from right to left', () => {
    const wrong = imports
      .filter(({ to }) => to.startsWith('.'))
      .map(({ file, to }) => ({ file, target: posix.join(posix.dirname(file), to) }))
      .filter(({ file, target }) => {
        const [from, into] = [rank.get(layer(file)), rank.get(layer(target))]
        const inside = !target.startsWith('..') // package.json is not
        return inside && layer(file) !== layer(target) && (from === undefined || into === undefined || into >= from)
      })
      .map(({ file, target }) => `${file} imports ${target}`)
    assert.deepEqual(wrong, [], `allowed: ${ORDER}`)
  })

  it('leave each of these packages to its one place', () => {
    const wrong = imports.filter(({ file, to }) =>
      Object.entries(OWNERS).some(([name, owner]) => (to === name || to.startsWith(`${name}/`)) && !owner.test(file)),
    )
    assert.deepEqual(wrong, [])
  })

  it('were all found', () => {
    assert.ok(
      files.length > 60 && imports.length > 3 * files.length,
      `${imports.length} imports in ${files.length} files`,
    )
    const known = new Set(imports.map(({ to }) => to))
    for (const name of ['onnx-proto', 'onnxruntime-node', 'chalk']) assert.ok(known.has(name), `nobody imports ${name}`)
  })
})
