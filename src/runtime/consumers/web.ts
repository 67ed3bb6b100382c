import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ioError, UsageError } from '../../errors.js'
import { engineError } from '../engine-error.js'
import { OnnxSession } from '../session.js'
import { defineConsumer } from './consumer.js'

const PACKAGE = 'onnxruntime-web'
/** WebAssembly addresses 4 GiB, which the bytes of the model and its weights share. */
const MOST_BYTES = 2e9

type Engine = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'> & {
  readonly env: { logLevel?: string; readonly wasm: { numThreads?: number } }
}

export const web = defineConsumer({
  name: 'web',
  package: PACKAGE,
  summary: 'ONNX Runtime for browsers: its WebAssembly build, in Node.js',
  mostBytes: MOST_BYTES,
  profiles: false,
  version() {
    const manifest: unknown = JSON.parse(readFileSync(manifestOf(entry()), 'utf8'))
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
    throw new Error(`The manifest of ${PACKAGE} has no version.`)
  },
  async start() {
    const { InferenceSession } = await loadEngine(null)
    // The WebAssembly module is compiled for the first session, whatever becomes of it.
    const session = await InferenceSession.create(IDENTITY, { executionProviders: ['wasm'] })
    await session.release()
  },
  async open({ path, external }, { level, threads }) {
    const engine = await loadEngine(threads)
    const bytes = await read(path)
    const externalData = await Promise.all(
      external.map(async (file) => ({ path: file.location, data: await read(file.path) })),
    )
    const options = {
      executionProviders: ['wasm'],
      graphOptimizationLevel: level,
      logSeverityLevel: 4 as const,
      ...(externalData.length > 0 && { externalData }),
    }
    try {
      return new OnnxSession(engine, await engine.InferenceSession.create(bytes, options))
    } catch (error) {
      throw engineError('load', error)
    }
  },
})

/** x -> y, float32: the smallest model that there is. */
const IDENTITY = Buffer.from('CAg6KwoQCgF4EgF5IghJZGVudGl0eRIBZ1oJCgF4EgQKAggBYgkKAXkSBAoCCAFCBAoAEA0=', 'base64')

async function loadEngine(threads: number | null): Promise<Engine> {
  const module: { default?: unknown } = await import(pathToFileURL(entry()).href)
  const engine = (module.default ?? module) as Engine // the same interface as that of onnxruntime-node
  engine.env.logLevel = 'fatal'
  // More than one needs a page that is isolated from other origins, which few are.
  engine.env.wasm.numThreads = threads ?? 1
  return engine
}

/** In the user's folder, or beside us. */
function entry(): string {
  for (const from of [pathToFileURL(join(process.cwd(), 'package.json')), import.meta.url]) {
    try {
      return createRequire(from).resolve(PACKAGE)
    } catch {
      // Not there: in the next place, or nowhere.
    }
  }
  throw new UsageError(`The target web needs the package ${PACKAGE}, which is not installed.`, {
    suggestions: [`npm install ${PACKAGE}`],
  })
}

/** The package does not export its manifest. */
function manifestOf(entry: string): string {
  let folder = dirname(entry)
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return join(folder, 'package.json')
}

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw ioError(error, `Cannot read "${path}"`)
  })
}
