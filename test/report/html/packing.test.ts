import assert from 'node:assert/strict'
import { html } from '../../../src/report/html/index.js'
import type { Report } from '../../../src/report/report.js'
import { pack, packUnlucky } from '../packing-sample.js'

/** The section as text, tags and all entities gone. */
async function textOf(report: Report): Promise<string> {
  const page = await html.render(report)
  const [section = assert.fail('there is no such section')] =
    /<section id="packing"[\s\S]*?<\/section>/.exec(page) ?? []
  return section
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
}

describe('The packing on a page', () => {
  it('says what bounds it, what it saves in each form, and what nobody should expect', async () => {
    const text = await textOf(pack())
    assert.match(text, /Bound: the smallest of 7 packings that were tried whose top1 falls by at most 0\.5 %\./)
    assert.match(text, /once a model is loaded, its memory and its speed are those of dense weights\./)
    assert.match(text, /raw 1\.07 MB → 33\.5 kB ✓ 31\.9x smaller \(better\) gzip 132\.4 kB → 31\.9 kB ✓ 4\.2x smaller/)
  })

  it('shows what loading takes, the weights, and the curve with the packing that was taken', async () => {
    const text = await textOf(pack())
    assert.match(text, /onnxruntime-web 1\.30\.0 13\.1 ms → 39\.6 ms 3\.0x longer/)
    assert.match(
      text,
      /fc1\.weight Gemm 300×784 gaps below 40 \+ codebook of 16 92\.0 % 0\.83 940\.8 kB → 24\.3 kB 38\.7x/,
    )
    assert.match(text, /file of at most 33540 bytes taken 33\.5 kB 98\.1 % -0\.1 pp/)
    const page = await html.render(pack())
    assert.equal(page.match(/<circle class="dot/g)?.length, 7)
    assert.equal(page.match(/<circle class="dot taken/g)?.length, 1)
  })

  it('warns of a consumer that decodes in every run, and of one that does not load it', async () => {
    const text = await textOf(packUnlucky())
    assert.match(text, /0\.240 ms → 17\.1 ms ! 71\.3x longer \(worse\) ! decoded in every run/)
    assert.match(text, /onnxruntime-web 1\.30\.0: It does not load the result/)
    assert.doesNotMatch(text, /that were tried/)
  })

  it('is not there for a model that was not packed', async () => {
    assert.doesNotMatch(await html.render({ ...pack(), packing: null }), /id="packing"/)
  })

  it('gives the axis of the curve to the values that are near, and marks one that is far', async () => {
    const page = await html.render(pack())
    const ticks = [...page.matchAll(/class="tick end"[^>]*>([\d.]+ %)</g)].map(([, text]) => text)
    assert.deepEqual(ticks, ['96.5 %', '97.0 %', '97.5 %', '98.0 %', '98.5 %'])
    assert.deepEqual(
      [...page.matchAll(/class="tick far"[^>]*>([^<]*)</g)].map(([, text]) => text),
      ['↓ 41.4 %'],
    )
  })

  it('draws a curve also of a single packing, and of values that are no numbers', async () => {
    const report = pack()
    const [point = assert.fail('no point')] = report.packing?.curve ?? []
    for (const curve of [[point], [{ ...point, value: 'NaN' as const, base: 'NaN' as const }, point]]) {
      const page = await html.render({ ...report, packing: report.packing && { ...report.packing, curve } })
      const [svg = ''] = /<svg class="plot[\s\S]*?packing-curve-t[\s\S]*?<\/figure>/.exec(page) ?? []
      assert.doesNotMatch(svg.replace(/NaN(?= ?<\/title>|<)/g, ''), /="[^"]*(NaN|Infinity)/)
      assert.match(svg, /1 packing was tried|2 packings were tried/)
    }
  })
})
