/**
 * PP-OCRv4 recognition packed more and more tightly, judged on drawn lines of text: bytes against agreement with the
 * model as it is, with palettes that know the weights alone, and with palettes that lie close to what counts on data.
 * No line that is learned from is judged on. Prints Markdown; with `--write` it goes into docs/pack.md.
 *
 *     npm run bench:pack-ocr
 *     npm run bench:pack-ocr -- --write
 *     npm run bench:pack-ocr -- --lines 40       fewer, to look at
 *
 * The limits, kept by one of the ways: with 256 values at most 26 % of the bytes, and 99 % of the decisions are
 * the same.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeIntoDocs } from './support/criteria-table.js'
import { ensureLineSet, type LineSet, lineSets } from './support/line-sets.js'
import { pack } from './support/mcompress.js'
import { type Agreement, agreementOf, drawnLines, RECOGNISER, readings, rightLines } from './support/ocr.js'
import { markdownTable } from './support/table.js'
import { verdict } from './support/verdict.js'

const MOST_SHARE = 0.26
const LEAST_AGREEMENT = 0.99

/** To learn from: other lines than those that are judged on. */
const CALIBRATION: LineSet = { ...lineSets.recognition, name: 'recognition-calibration', count: 128, seed: 4 }

/** Bounds; and what palettes lie close to under them, or that weights are rounded to their values by data. */
const PACKINGS: readonly { readonly bound: readonly string[]; readonly ways: readonly Way[] }[] = [
  { bound: ['--lossless'], ways: ['even'] },
  { bound: ['--bits', '8'], ways: ['even', 'hessian', 'gptq'] },
  { bound: ['--bits', '6'], ways: ['even', 'gptq'] },
  { bound: ['--bits', '5'], ways: ['even', 'gptq'] },
  { bound: ['--bits', '4'], ways: ['even', 'hessian', 'gptq'] },
  { bound: ['--bits', '3'], ways: ['gptq'] },
  { bound: ['--max-error', '0.003'], ways: ['even'] },
  { bound: ['--max-error', '0.01'], ways: ['even', 'gptq'] },
]
const OPTIONS = {
  even: [],
  hessian: ['--weigh', 'hessian'],
  gptq: ['--rounding', 'gptq'],
} as const
type Way = keyof typeof OPTIONS

const LIMITED = '--bits 8'

interface Packing {
  readonly bound: string
  readonly way: string
  readonly bytes: number
  readonly agreement: Agreement
  /** Lines whose text is what stands there, a fraction. */
  readonly right: number
}

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, lines: { type: 'string' } },
})
const count = Number(flags.lines ?? lineSets.recognition.count)
if (!Number.isInteger(count) || count < 1) throw new RangeError(`--lines takes a whole number, not "${flags.lines}".`)
if (flags.write && flags.lines !== undefined) throw new RangeError('--write takes all lines.')

const lines = await drawnLines({ ...lineSets.recognition, count })
const calibration = await ensureLineSet(CALIBRATION)
const original = await readings(RECOGNISER, lines)
const originalBytes = statSync(RECOGNISER).size
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
const packings: Packing[] = []
try {
  for (const { bound, ways } of PACKINGS) {
    for (const how of ways) {
      packings.push(await packed(bound, how))
      console.error(`${bound.join(' ')}, ${how} done`)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
const text = render(packings)
console.log(`${text}\n\n${verdictOf(packings)}`)
if (flags.write) writeIntoDocs('curve', text, 'docs/pack.md')

async function packed(bound: readonly string[], way: Way): Promise<Packing> {
  const output = join(folder, 'packed.onnx')
  pack(RECOGNISER, output, ...bound, ...OPTIONS[way], ...(way === 'even' ? [] : ['--data', calibration]))
  const read = await readings(output, lines)
  return {
    bound: bound.join(' '),
    way: OPTIONS[way].join(' '),
    bytes: statSync(output).size,
    agreement: agreementOf(read, original),
    right: rightLines(read, lines),
  }
}

function render(packings: readonly Packing[]): string {
  const row = (name: string, way: string, bytes: number, { steps, lines: same }: Agreement, right: number) => [
    name,
    way,
    `${bytes}`,
    percent(bytes / originalBytes, 2),
    percent(steps, 2),
    percent(same),
    percent(right),
  ]
  const { length } = lines.texts
  return [
    `PP-OCRv4 recognition on ${length} lines of text, ${original[0]?.classes.length} decisions in each:`,
    '',
    markdownTable(
      ['', 'and', 'bytes', 'of the file', 'same decisions', 'lines read the same', 'lines read right'],
      [
        row('as it is', '', originalBytes, { steps: 1, lines: 1 }, rightLines(original, lines)),
        ...packings.map(({ bound, way, bytes, agreement, right }) => row(bound, way, bytes, agreement, right)),
      ],
    ),
  ].join('\n')
}

/** Of the way that agrees most. */
function verdictOf(packings: readonly Packing[]): string {
  const [best] = packings.filter(({ bound }) => bound === LIMITED).sort((a, b) => b.agreement.steps - a.agreement.steps)
  if (best === undefined) throw new Error(`Nothing was packed with ${LIMITED}.`)
  const [share, { steps }] = [best.bytes / originalBytes, best.agreement]
  const size = `${percent(share, 2)} of the bytes, at most ${percent(MOST_SHARE)}`
  const what = `${LIMITED} ${best.way}: ${size}; ${percent(steps, 2)} same decisions, at least ${percent(LEAST_AGREEMENT)}`
  return verdict(share <= MOST_SHARE && steps >= LEAST_AGREEMENT, what)
}

function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`
}
