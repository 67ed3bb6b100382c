/**
 * How many architectures of torchvision and timm `mcompress prune structured` prunes, checked by its oracle: the cut
 * model beside the dense one with zeros in the place of what is gone (`--verify`). Exports with random weights.
 *
 *     npm run bench:coverage
 *     npm run bench:coverage -- --family torchvision --only 'resnet*'
 *     npm run bench:coverage -- --shard 1/4          the first of four parts
 *     npm run bench:coverage -- --redo failed        again, what is not covered; `--redo all`: everything
 *     npm run bench:coverage -- --table              only prints what is known
 *     npm run bench:coverage -- --export-only        only exports
 *     npm run bench:coverage -- --exported           only prunes what has been exported
 *
 * What is done is kept below `.cache/coverage`, models and results: a run that was interrupted goes on, and shards may
 * run side by side; the model of a result may be deleted to make room. An export that takes more than 8 GB is not run.
 * The torchvision models are all builders but the quantized ones; 85 of them are in the public record (see
 * coverage/architectures.ts). Linux, Python 3.11 or newer, 50 GB of disk, and the network the first time; `--python
 * PATH` takes an interpreter that has what peers/requirements-structured.txt lists.
 */
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { globMatcher } from '../src/passes/glob.js'
import { type Architecture, architectures, FAMILIES, type Family } from './coverage/architectures.js'
import { exported, isSame, lines, modelPath } from './coverage/export.js'
import { modifiedAt, pruned, type Result } from './coverage/prune.js'
import { coverageTable, type Row, summary } from './coverage/table.js'
import { STRUCTURED } from './support/peers.js'
import { python } from './support/python.js'

const { values: flags } = parseArgs({
  options: {
    family: { type: 'string' },
    only: { type: 'string', default: '*' },
    shard: { type: 'string', default: '1/1' },
    redo: { type: 'string', default: 'none' },
    table: { type: 'boolean', default: false },
    'export-only': { type: 'boolean', default: false },
    exported: { type: 'boolean', default: false },
    cache: { type: 'string', default: '.cache/coverage' },
    python: { type: 'string' },
    'memory-gb': { type: 'string', default: '8' },
    'limit-seconds': { type: 'string', default: '1800' },
  },
})
const families = familiesOf(flags.family)
const [shard, shards] = shardOf(flags.shard)
if (!['none', 'failed', 'all'].includes(flags.redo))
  throw new RangeError(`--redo takes failed or all, not "${flags.redo}".`)
const interpreter = flags.python ?? python(process.cwd(), STRUCTURED)
const cache = resolve(flags.cache)
const results = join(cache, 'results.jsonl')
mkdirSync(cache, { recursive: true })
const list = architectures(interpreter).filter(({ family }) => families.includes(family))
const isWanted = globMatcher(flags.only)
const chosen = list.filter(({ name }) => isWanted([name])).filter((_, i) => i % shards === shard - 1)

const rows: Row[] = []
for (const architecture of chosen) rows.push(flags.table ? known(architecture) : await done(architecture))
console.log(coverageTable(rows))
console.log(`\n${summary(rows, (family) => chosen.length === list.length && families.includes(family)).join('\n')}`)

async function done(architecture: Architecture): Promise<Row> {
  const before = known(architecture)
  const isDone = before.result !== null && !isToRedo(before.result)
  if (flags.exported && before.exported === null) return before
  if (isDone && !flags['export-only']) return before // its model may have been removed to make room
  const options = { python: interpreter, cache, memoryGb: Number(flags['memory-gb']) }
  const its = await exported(architecture, options)
  const title = `${architecture.family}/${architecture.name}`
  if (its.status !== 'ok' || flags['export-only']) {
    console.error(`${title}: ${its.status === 'ok' ? 'exported' : its.status}`)
    return { ...before, exported: its }
  }
  const result = await pruned(architecture, modelPath(cache, architecture), {
    limitSeconds: Number(flags['limit-seconds']),
  })
  appendFileSync(results, `${JSON.stringify(result)}\n`)
  console.error(`${title}: ${result.verdict} ${result.reason ?? ''}`)
  return { architecture, exported: its, result }
}

/** What earlier runs left. */
function known(architecture: Architecture): Row {
  const its = lines<Row['exported'] & object>(join(cache, 'export.jsonl')).findLast((line) =>
    isSame(line, architecture),
  )
  const result = lines<Result>(results).findLast((line) => isSame(line, architecture)) ?? null
  const path = modelPath(cache, architecture)
  const isStale = result !== null && existsSync(path) && result.modified !== modifiedAt(path)
  return { architecture, exported: its ?? null, result: isStale ? null : result }
}

/** By `--redo`. */
function isToRedo(result: Result): boolean {
  return flags.redo === 'all' || (flags.redo === 'failed' && result.verdict !== 'covered')
}

function familiesOf(text: string | undefined): readonly Family[] {
  if (text === undefined) return FAMILIES
  const family = FAMILIES.find((name) => name === text)
  if (family === undefined) throw new RangeError(`--family takes ${FAMILIES.join(' or ')}, not "${text}".`)
  return [family]
}

/** @returns which, from 1, and of how many */
function shardOf(text: string): [number, number] {
  const [index, count] = text.split('/').map(Number)
  if (index === undefined || count === undefined || !(index >= 1 && index <= count && Number.isInteger(count))) {
    throw new RangeError(`--shard takes i/n, for example 1/4, not "${text}".`)
  }
  return [index, count]
}
