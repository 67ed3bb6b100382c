import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { percent } from '../../src/report/format.js'
import { html } from '../../src/report/html/index.js'
import type { Report } from '../../src/report/report.js'
import { benchTwo, compareLayers, everything, fiveHundredLayers, hostileNames, inspectWhy } from './full-samples.js'
import { SAMPLES } from './samples.js'

const ALL: Readonly<Record<string, () => Report>> = {
  ...SAMPLES,
  everything,
  'compare-layers': compareLayers,
  'bench-two': benchTwo,
  'inspect-why': inspectWhy,
  'five-hundred-layers': fiveHundredLayers,
  'hostile-names': hostileNames,
}

/** The ids of the sections, in order. */
function sectionsOf(page: string): string[] {
  return [...page.matchAll(/<section id="(\w+)"/g)].map(([, id = '']) => id)
}

/** What a reader sees, without tags, with plain spaces. */
function textOf(page: string): string {
  return page
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/[\s\u202f]+/g, ' ')
}

describe('HTML report', () => {
  it('has a section for everything that the report has, in the order in which one reads', async () => {
    assert.deepEqual(sectionsOf(await html.render(everything())), [
      'metrics',
      'fidelity',
      'latency',
      'anatomy',
      'layers',
      'table',
      'changes',
      'model',
      'reproduction',
    ])
  })

  it('leaves out what the report does not have', async () => {
    const sections = async (report: Report) => sectionsOf(await html.render(report))
    assert.deepEqual(await sections(inspectWhy()), ['anatomy', 'layers', 'table', 'model', 'reproduction'])
    assert.deepEqual(await sections(benchTwo()), ['latency', 'layers', 'table', 'model', 'reproduction'])
    assert.deepEqual(await sections(ALL.nulls?.() ?? everything()), ['metrics', 'model', 'reproduction'])
  })

  it('tells latency in the words of the other forms', async () => {
    const report = benchTwo()
    const text = textOf(await html.render(report))
    const spreads = report.bench?.models.map(({ spread }) => `±${percent(spread / 2, 1)}`) ?? []
    assert.equal(spreads.length, 2)
    for (const part of ['against the first', ...spreads]) assert.ok(text.includes(part), part)
  })

  it('begins with the headline, and says with it what to do next', async () => {
    const text = textOf(await html.render(everything()))
    const at = (part: string) => {
      assert.ok(text.includes(part), part)
      return text.indexOf(part)
    }
    assert.ok(at('80.0 % of 61 470 weights are zero; top1 fell by 0.3 pp to 89.8 %.') < at('Size on disk'))
    assert.ok(at('Size on disk 248.6 kB unchanged') < at('File size unchanged: zeros are stored. Smaller: pack.'))
    assert.ok(at('Gzipped 71.2 kB from 229.9 kB ✓ 3.2x smaller (better)') > 0)
    assert.ok(at('top1 89.8 % from 90.1 % ! -0.3 pp (worse)') > 0)
    assert.ok(at('Latency 0.254 ms from 0.482 ms ✓ 1.90x faster (better)') > 0)
    assert.ok(at('✓ Verified: loaded by ONNX Runtime') > 0)
  })

  it('shows the numbers of every section', async () => {
    const text = textOf(await html.render(everything()))
    for (const part of [
      'top5 99.72 % 99.74 %',
      '2 findings; 42.4 kB could be saved.',
      'fc2.weight and fc2.copy hold the same 10 080 values. 40.3 kB mcompress simplify keeps one of them.',
      'The largest of 5 layers is fc1.weight with 78.1 % of the bytes.',
      'fc1.weight -0.28 84.2 % zero 0.28',
      '/fc1/Gemm causes 71.0 % of the error.',
      'From equal at the input to 18.4 dB at the output; /fc1/Gemm is marked.',
      'logits 18.4 dB 0.42 of 12.5 0.031 0.9927 96.1 % 95.7 % to 96.5 %',
      'aux',
      'made-up values, batch 1, 1 thread, cpu, 10 warm-up runs. input float32[1,1,28,28]',
      'out/lenet5.pruned.onnx 0.254 ms 0.305 ms ±3.0 % 1.90x faster (1.87 to 1.93) 14.2 ms 61.3 MB 240',
      'fc1.weight /fc1/Gemm Gemm 120×400 float32 48 000 0 % → 84.2 %',
      'all 5 61 470 0 % → 81.2 %',
      'a bias: has one dimension 5 times conv1.bias , conv2.bias , fc1.bias , fc2.bias , fc3.bias',
      'mcompress prune fixtures/lenet5.onnx --sparsity 0.8 -o out/lenet5.pruned.onnx',
      'prune 5 changed, 5 skipped sparsity 0.8 scope global criterion magnitude exclude head.*',
      'lenet5.onnx before 248.6 kB 6c656e6574352e6f6e6e78',
      'ONNX Runtime 1.30.0',
      'Seed 0',
    ]) {
      assert.ok(text.includes(part), `${part}\n\nin\n\n${text}`)
    }
  })

  it('is the same to the byte for the same report', async () => {
    for (const [name, sample] of Object.entries(ALL)) {
      assert.ok((await html.render(sample())) === (await html.render(structuredClone(sample()))), name)
    }
  })

  it('loads nothing, and its policy lets it load nothing: only its own script and style', async () => {
    for (const [name, sample] of Object.entries(ALL)) {
      const page = await html.render(sample())
      const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
      const own = [...page.matchAll(/<(style|script)>([\s\S]*?)<\/\1>/g)].map(
        ([, , text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
      )
      assert.equal(
        policy,
        `default-src 'none'; style-src ${own[0]}; script-src ${own[1]} ${own[2]}; base-uri 'none'; form-action 'none'`,
        name,
      )
      assert.equal(own.length, 3, name)
      const [loading] =
        /<(link|img|iframe|object|embed|base|form)\b|<[^>]*\s(src|srcset|style|on\w+)=|url\(|@import/.exec(
          page.replace(/<script>[\s\S]*?<\/script>/g, '').replace(/="[^"]*"/g, '=""'),
        ) ?? []
      assert.equal(loading, undefined, name)
      const targets = [...page.matchAll(/href="([^"]*)"/g)].map(([, target = '']) => target)
      for (const target of targets)
        assert.ok(target.startsWith('#') && page.includes(`id="${target.slice(1)}"`), target)
    }
  })

  it('lets no name become markup, turn the text around or go on for ever', async () => {
    const page = await html.render(hostileNames())
    assert.ok(!/<img|<\/script><script>document|[\u202a-\u202e\u2066-\u2069]/.test(page))
    assert.ok(textOf(page).includes('</script><script>document.title="owned"</script>'))
    assert.ok(textOf(page).includes('\\u{202e}gnp.exe\\u{2066} שלום مرحبا'))
    assert.ok(!/n{8001}/.test(page))
    assert.ok(page.length < 400_000, `${page.length} characters`)
  })

  it('of 500 layers takes at most 1.5 MB, with every layer in it', async () => {
    const page = await html.render(fiveHundredLayers())
    const bytes = Buffer.byteLength(page)
    console.log(`      ${(bytes / 1000).toFixed(0)} kB, gzipped ${(gzipSync(page).length / 1000).toFixed(0)} kB`)
    assert.ok(bytes < 1_500_000, `${bytes} bytes`)
    assert.equal(page.match(/<tr><th scope="row"><code[^>]*>model\.encoder/g)?.length, 500)
    assert.equal(page.match(/<svg class="histogram"/g)?.length, 24)
    assert.match(textOf(page), /486 smaller ones 3\.95 GB/)
  })

  it('cuts the table of a larger model, and says so', async () => {
    const report = fiveHundredLayers()
    const { layers } = report.before
    const many = [0, 1, 2, 3].flatMap((n) => layers.map((l) => ({ ...l, weight: `${n}.${l.weight}`, node: '' })))
    const page = await html.render({ ...report, before: { ...report.before, layers: many }, after: null })
    assert.match(textOf(page), /2 000 layers\. The 500 smallest are not in the table: the JSON report has them\./)
    assert.ok(Buffer.byteLength(page) < 1_500_000)
  })

  it('of two runs shows each figure three times, and what differs in how they were made', async () => {
    const old = everything()
    const [step] = old.steps
    assert.ok(step)
    const later = { ...old, steps: [{ ...step, options: { ...step.options, sparsity: 0.9 } }], after: old.before }
    const page = await html.renderRuns({ old, new: later })
    const text = textOf(page)
    assert.deepEqual(sectionsOf(page), ['figures', 'layers', 'table', 'origins', 'notes'])
    assert.ok(text.includes('Gzipped 229.9 kB 71.2 kB 229.9 kB ! 3.2x larger (worse)'), text)
    assert.ok(text.includes('fc1.weight /fc1/Gemm Gemm 120×400 float32 48 000 84.2 % → 0 %'), text)
    assert.ok(text.includes('prune sparsity differs 0.8 0.9'), text)
    assert.ok(text.includes('prune criterion magnitude magnitude'), text)
    assert.ok(page === (await html.renderRuns(structuredClone({ old, new: later }))))
    const hostile = await html.renderRuns({ old: hostileNames(), new: fiveHundredLayers() })
    assert.ok(!/<img|<\/script><script>document/.test(hostile))
    assert.ok(textOf(hostile).includes('The two runs began with different models: '))
  })

  it('gives every picture a name, or hides it from those who cannot see it', async () => {
    for (const [name, sample] of Object.entries(ALL)) {
      const page = await html.render(sample())
      for (const [tag] of page.matchAll(/<svg [^>]*>/g)) {
        const inner = /^<svg (viewBox|x=)/.test(tag)
        assert.ok(inner || /aria-hidden="true"|aria-label(ledby)?="[^"]+"/.test(tag), `${name}: ${tag}`)
      }
    }
  })
})
