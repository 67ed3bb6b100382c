import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBadModels } from './bad-models.js'
import { assertRefused, mcompress, type Ran, TEST_SET } from './cli.js'
import { assertGolden } from './golden.js'

/** What users do wrong, and the exit code that it has. The messages are in golden/bad-input.txt. */
const CASES: readonly (readonly [line: string, code: number])[] = [
  // The model
  ['prune', 2],
  ['prune missing.onnx', 74],
  ['prune goood.onnx', 74],
  ['inspect no/such.onnx', 74],
  ['inspect models*.onnx', 74],
  ['prune folder', 74],
  ['prune good.onnx text.onnx', 2],
  ['prune structrued good.onnx', 2],
  ['prune truncated.onnx', 3],
  ['inspect random.onnx', 3],
  ['evaluate text.onnx --data random?n=1', 3],
  ['prune empty.onnx', 3],
  ['prune page.onnx', 3],
  ['prune pointer.onnx', 3],
  ['prune checkpoint.onnx', 3],
  ['prune no-graph.onnx', 3],
  ['prune cycle.onnx', 3],
  ['prune undefined.onnx', 3],
  ['prune too-short.onnx', 3],
  ['prune no-data-file.onnx', 74],
  ['prune absolute.onnx', 3],
  ['prune outside.onnx', 3],
  ['prune linked.onnx', 3],
  ['prune short-data-file.onnx', 3],
  ['prune not-finite.onnx', 3],
  // Commands and flags
  ['prnue good.onnx', 2],
  ['good.onnx', 2],
  ['--sparsity 0.5 prune good.onnx', 2],
  ['passes good.onnx', 2],
  ['help nothing', 2],
  ['prune good.onnx --sparsty 0.5', 2],
  ['prune good.onnx --spars 0.5', 2],
  ['prune good.onnx --no-jason', 2],
  ['inspect good.onnx --sparsity 0.5', 2],
  ['prune good.onnx --json=true', 2],
  ['prune good.onnx --gzip=no', 2],
  ['prune good.onnx --sparsity', 2],
  ['prune good.onnx --sparsity 0.5 --sparsity 0.6', 2],
  ['prune good.onnx --sparsity 80', 2],
  ['prune good.onnx --sparsity -0.1', 2],
  ['prune good.onnx --sparsity 1.01', 2],
  ['prune good.onnx --sparsity half', 2],
  ['prune good.onnx --criterion magnitud', 2],
  ['prune good.onnx --pattern 2:4 --sparsity 0.5', 2],
  ['prune good.onnx --pattern 4:2', 2],
  ['prune good.onnx --pattern 16', 2],
  ['prune good.onnx --criterion lamp --scope row', 2],
  ['prune good.onnx --include nothing*', 2],
  ['prune good.onnx --layer conv1', 2],
  ['prune good.onnx --layer *=2', 2],
  ['prune good.onnx -q --verbose', 2],
  ['prune good.onnx --seed -1', 2],
  ['prune good.onnx --threads none', 2],
  ['prune good.onnx --dim', 2],
  ['prune good.onnx --dim N', 2],
  ['prune good.onnx --dim N=0', 2],
  ['prune good.onnx --dim M=2', 2],
  // Outputs
  ['prune good.onnx -o good.onnx', 2],
  ['prune good.onnx -o out.onnx --in-place', 2],
  ['prune good.onnx -o - --json', 2],
  ['prune good.onnx -o folder', 74],
  ['prune good.onnx -o no/out.onnx', 74],
  ['prune good.onnx --report report.foo', 2],
  ['prune good.onnx --report no/report.md', 74],
  // Data and metrics
  ['evaluate good.onnx', 2],
  ['prune good.onnx --limit 10', 2],
  ['prune good.onnx --metric top1', 2],
  ['evaluate good.onnx --data random?n=4 --limit 0', 2],
  ['evaluate good.onnx --data random?n=4', 2],
  ['evaluate good.onnx --data random?n=4 --metric top1', 2],
  ['evaluate good.onnx --data random?n=4 --metric topp1', 2],
  ['evaluate good.onnx --data random?n=4 --metric metric.mjs', 2],
  ['evaluate good.onnx --data random?n=4 --baseline other-inputs.onnx', 2],
  ['evaluate good.onnx --data random?n=4 --baseline no.onnx', 74],
  ['evaluate good.onnx --data random?n=4&m=1 --baseline good.onnx', 2],
  ['evaluate good.onnx --data random?n=4 --bind x --baseline good.onnx', 2],
  ['evaluate good.onnx --data no.npz --baseline good.onnx', 74],
  ['evaluate good.onnx --data good.md --baseline good.onnx', 2],
  ['evaluate good.onnx --data broken.npz --baseline good.onnx', 2],
  ['evaluate good.onnx --data x.csv --baseline good.onnx', 2],
  ['evaluate good.onnx --data x.csv --eval-data x.csv', 2],
  [`evaluate good.onnx --data ${TEST_SET}`, 2],
]

describe('A mistake is told: what, where, and what to do', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcompress-test-')))
  const ran = new Map<string, Ran>()
  let content: string

  before(async function () {
    this.timeout(180_000)
    writeBadModels(folder)
    content = contentOf(folder)
    const waiting = [...CASES]
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        ran.set(next[0], await mcompress(next[0].split(' '), { cwd: folder }))
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [line, code] of CASES) {
    it(`mcompress ${line.replace(TEST_SET, 'TEST_SET')}`, () => {
      const result = ran.get(line)
      assert.ok(result)
      assertRefused(result, code, /^Error: \S/)
    })
  }

  it('in words that were reviewed', () => {
    const text = CASES.map(([line, code]) => `$ mcompress ${line}\n[${code}] ${ran.get(line)?.stderr}`).join('\n')
    assertGolden('bad-input.txt', text.replaceAll(TEST_SET, 'TEST_SET').replaceAll(folder, '<folder>'))
  })

  it('and no file has changed', () => {
    assert.equal(contentOf(folder), content)
  })

  it('also where the machine has a say: providers of ONNX Runtime', async () => {
    const run = (...args: string[]) => mcompress(args, { cwd: folder })

    const early = await run('prune', 'good.onnx', '--provider', 'nope')
    const late = await run('evaluate', 'good.onnx', '--provider', 'nope', '--data', 'random?n=1')

    for (const refused of [early, late]) assertRefused(refused, 2, /has no provider "nope"\.\n {2}It has cpu/)
    assert.equal(contentOf(folder), content)
  })

  it('and a bug of ours with its stack, and exit code 70', async () => {
    writeFileSync(
      join(folder, 'bug.mjs'),
      'process.on("exit", () => {})\nqueueMicrotask(() => { throw new Error("bang") })',
    )
    const ran = await mcompress(['inspect', 'good.onnx', '--config', 'bug.mjs'], { cwd: folder })
    rmSync(join(folder, 'bug.mjs'))

    assert.equal(ran.code, 70)
    assert.match(
      ran.stderr,
      /^Error: bang\n {4}at .*bug\.mjs.*\n[\s\S]*\n\nError: This is a bug in mcompress: please report/,
    )
  })
})

function contentOf(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const content = statSync(path).isFile() ? readFileSync(path) : ''
      return `${name} ${createHash('sha256').update(content).digest('hex')}`
    })
    .join('\n')
}
