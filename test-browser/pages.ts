import { html } from '../src/report/html/index.js'
import type { Report } from '../src/report/report.js'
import {
  benchTwo,
  compareLayers,
  everything,
  fiveHundredLayers,
  hostileNames,
  inspectWhy,
} from '../test/report/full-samples.js'
import { SAMPLES } from '../test/report/samples.js'

/** A later run than that of `everything`, with other options. */
function laterRun(): Report {
  const report = everything()
  return {
    ...report,
    headlines: ['60.0 % of 61 470 weights are zero; top1 rose by 0.1 pp to 90.2 %.'],
    steps: report.steps.map((step) => ({ ...step, options: { ...step.options, sparsity: 0.6, criterion: 'lamp' } })),
    after: report.after && {
      ...report.after,
      path: 'out/lenet5.gentle.onnx',
      gzipBytes: 118_700,
      nonZeroParameters: 24_824,
      layers: report.after.layers.map((layer) => ({ ...layer, nonZero: Math.round(layer.parameters * 0.4) })),
    },
    metrics: report.metrics.map((metric) => (metric.name === 'top1' ? { ...metric, after: 0.9022 } : metric)),
  }
}

/** Every kind of page there is, by name. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  everything: () => html.render(everything()),
  'compare-layers': () => html.render(compareLayers()),
  'bench-two': () => html.render(benchTwo()),
  'inspect-why': () => html.render(inspectWhy()),
  'five-hundred-layers': () => html.render(fiveHundredLayers()),
  'hostile-names': () => html.render(hostileNames()),
  'two-runs': () => html.renderRuns({ old: everything(), new: laterRun() }),
  ...Object.fromEntries(Object.entries(SAMPLES).map(([name, sample]) => [name, () => html.render(sample())])),
}
