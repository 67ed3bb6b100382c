import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

interface Packed {
  readonly filename: string
  /** Bytes of the tarball. */
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

/** What a script of a user looks like, with the types of the package checked. */
const SCRIPT = `
import { evaluateModel, FORMS, inspect, makeStep, NothingToDoError, passes, type Report, runRecipe, UserError } from 'mcompress'
import schema from 'mcompress/report.schema.json' with { type: 'json' }

const [prune] = passes
if (prune === undefined) throw new Error('There is no pass.')
const step = makeStep(prune, { sparsity: 0.8 })
const report: Report = await runRecipe({ input: 'lenet5.onnx', steps: [step], output: 'api.onnx' })
const zeros: number = report.after?.layers.reduce((n, layer) => n + layer.parameters - layer.nonZero, 0) ?? 0
const { metrics } = await evaluateModel(
  { input: 'api.onnx', baseline: 'lenet5.onnx', evaluation: { data: 'random?n=4' } },
  { onProgress: (phase: string, done: number | null) => void [phase, done] },
)
const again = await runRecipe({ input: 'api.onnx', steps: [step] }).catch((error: unknown) => {
  if (error instanceof NothingToDoError && error instanceof UserError) return error.exitCode
  throw error
})
const { before } = await inspect({ input: 'api.onnx' })
console.log(JSON.stringify({
  zeros,
  again,
  nodes: before.nodes,
  metrics: metrics.map(({ name }) => name),
  forms: FORMS.map(({ ending }) => ending),
  schema: schema.$schema,
}))
`

describe('The package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcompress-pack-'))
  const app = join(folder, 'app')
  let packed: Packed

  before(() => {
    // Without its scripts: the tests run from the dist that `prepare` would make anew.
    const { stdout, stderr } = npm(resolve('.'), 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)
    const [first]: Packed[] = stdout === '' ? [] : JSON.parse(stdout)
    assert.ok(first, stderr)
    packed = first
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  it('holds what runs, its types, its docs, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    const strange = paths.filter(
      (path) =>
        !/^(bin\/run\.js|dist\/src\/.*\.(js|d\.ts)|schemas\/.*\.json|docs\/[\w-]+\.(md|svg)|package\.json|[A-Z]+(\.md)?)$/.test(
          path,
        ),
    )

    assert.deepEqual(strange, [])
    for (const path of [
      'bin/run.js',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    console.log(`      tarball: ${(packed.size / 1000).toFixed(0)} kB, ${paths.length} files`)
    assert.ok(packed.size < 900_000, `${packed.size} bytes`)
  })

  it('names files that exist', () => {
    const { bin, exports, types, files } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = [
      bin.mcompress,
      types,
      ...Object.values(exports).flatMap((entry) =>
        typeof entry === 'string' ? [entry] : Object.values(entry as object),
      ),
      ...files.filter((pattern: string) => !/[!*]/.test(pattern)),
    ]
    assert.deepEqual(
      named.filter((path) => !existsSync(path)),
      [],
    )
  })

  it('installs from its tarball, prunes, and is imported with its types', function () {
    this.timeout(180_000)
    mkdirSync(app)
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
    const install = npm(app, 'install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename))
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ENOTCACHED/.test(install.stderr)) {
      this.skip() // no registry to get the dependencies from
    }
    assert.equal(install.status, 0, install.stderr)
    copyFileSync('fixtures/lenet5.onnx', join(app, 'lenet5.onnx'))

    const prune = npm(app, 'exec', '--offline', '--', 'mcompress', 'prune', 'lenet5.onnx', '--json')

    assert.equal(prune.status, 0, prune.stderr)
    assert.equal(JSON.parse(prune.stdout).verification.level, 'run')
    assert.ok(existsSync(join(app, 'lenet5.pruned.onnx')))

    writeFileSync(join(app, 'script.ts'), SCRIPT)
    const compiled = spawnSync(
      process.execPath,
      [
        resolve('node_modules/typescript/bin/tsc'),
        ...COMPILER,
        '--typeRoots',
        resolve('node_modules/@types'),
        'script.ts',
      ],
      { cwd: app, encoding: 'utf8' },
    )
    assert.equal(compiled.status, 0, compiled.stdout)
    const script = spawnSync(process.execPath, ['script.js'], { cwd: app, encoding: 'utf8' })
    assert.equal(script.status, 0, script.stderr)
    assert.deepEqual(JSON.parse(script.stdout), {
      zeros: 344_400,
      again: 6,
      nodes: 10,
      metrics: ['agreement', 'sqnr'],
      forms: ['.txt', '.json', '.md', '.html'],
      schema: 'https://json-schema.org/draft/2020-12/schema',
    })
  })
})

const COMPILER = [
  ...['--module', 'nodenext', '--target', 'es2023', '--strict', '--exactOptionalPropertyTypes'],
  ...['--resolveJsonModule', '--types', 'node'],
]

function npm(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  })
}
