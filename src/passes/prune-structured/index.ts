import { UsageError } from '../../errors.js'
import { parseGlob } from '../glob.js'
import { choice, count, flag, fraction, list, parseFraction, size, text, type ValuesOf } from '../option.js'
import { definePass } from '../pass.js'

export const DEFAULT_RATIO = 0.5
export const DEFAULT_SAMPLES = 512

/** How fast the result has to be: a share of the latency of the model as it came, or milliseconds. */
export type LatencyTarget = { readonly times: number } | { readonly milliseconds: number }

export const options = {
  ratio: fraction({
    summary: 'Share of the channels of each group to remove; with --scope global or isomorphic of all that compete.',
    default: null,
    shownDefault: String(DEFAULT_RATIO),
  }),
  targetMacs: fraction({
    summary: 'Remove what matters least until this share of the multiply-accumulate operations is left.',
    default: null,
  }),
  targetParams: fraction({
    summary: 'Remove what matters least until this share of the parameters is left.',
    default: null,
  }),
  targetSize: size({
    summary: 'Remove what matters least until the file is no larger than this: 4MB, 512KiB.',
    default: null,
  }),
  targetLatency: text<LatencyTarget | null>({
    summary: 'Remove what matters least until a run takes at most this, measured here: 0.6x, 60%, or 12ms.',
    value: 'TIME',
    default: null,
    parse: parseLatency,
  }),
  importance: choice(['l1', 'l2', 'bn-scale', 'fpgm', 'activation', 'wanda', 'random'], {
    value: 'NAME',
    summary:
      'What makes a channel unimportant: small weights (l1, l2), a small BatchNormalization scale (bn-scale), being like the others (fpgm); on --data, small values (activation), or small weights times the values that they read (wanda); or random.',
    default: null,
    shownDefault: 'l2; wanda on --data',
  }),
  reduce: choice(['mean', 'sum', 'max', 'product', 'first'], {
    value: 'HOW',
    summary:
      'How the scores of all weights that a channel runs through make one: mean, sum, max, product, or the first.',
    default: 'mean',
  }),
  normalize: choice(['none', 'mean', 'max', 'sum', 'gaussian'], {
    value: 'HOW',
    summary: 'By what the scores of a group are divided, so that groups compare: none, mean, max, sum, gaussian.',
    default: 'mean',
  }),
  scope: choice(['layer', 'global', 'isomorphic'], {
    summary:
      'What competes: the channels of each group (layer), all together (global, default with a target), or those of groups of one shape (isomorphic).',
    default: null,
    shownDefault: 'layer',
  }),
  heads: fraction({
    summary: 'Share of the attention heads to remove, if it is another than --ratio; 0 keeps all.',
    default: null,
  }),
  headWidths: flag({ summary: 'Prune the width of attention heads, and keep their number.' }),
  layers: count({
    summary: 'Remove this many residual blocks first: those without which the outputs change least.',
    value: 'N',
    default: null,
  }),
  minChannels: count({ summary: 'Channels that each layer keeps at least.', value: 'N', default: 1 }),
  maxLayerRatio: fraction({ summary: 'The largest share of a layer that may go.', default: 1 }),
  roundTo: count({
    summary: 'The number of channels that stay is a multiple of this, where a layer is that wide: 8 runs fastest.',
    value: 'N',
    default: 1,
  }),
  include: list({
    summary: 'Prune only channels of these layers, by node or initializer name.',
    value: 'GLOB',
    item: parseGlob,
  }),
  exclude: list({ summary: 'Leave the channels of these layers alone.', value: 'GLOB', item: parseGlob }),
  recover: choice(['auto', 'none', 'absorb', 'refit', 'norms'], {
    value: 'HOW',
    summary:
      'On --data, make up for what is gone without training: biases take over the means of what is gone (absorb), weights that read it are fitted again (refit), BatchNormalization is measured again (norms); refit, and absorb where that cannot be (auto); or none.',
    default: 'auto',
  }),
  samples: count({
    summary: 'How many samples of --data are looked at; drawn by lot.',
    value: 'N',
    default: null,
    shownDefault: String(DEFAULT_SAMPLES),
  }),
  verify: flag({
    summary:
      'Run both models, the first with zeros in the place of what is gone: they must agree, or no file is written.',
  }),
} as const

export type Values = ValuesOf<typeof options>

export const pruneStructured = definePass({
  name: 'prune-structured',
  command: 'prune structured',
  summary: 'Remove whole channels, heads or layers: a really smaller model',
  description:
    'Finds what can only go together (a channel runs through every tensor up to the next layers that read it, through residual sums, concatenations, splits, reshapes, norms and attention), removes what matters least, and rewrites every weight, attribute and shape that follows. The result is an ordinary dense model with the same inputs and outputs: fewer bytes, fewer operations, faster in any runtime. What could not be cut is listed with the node that blocks it; inspect --groups shows it beforehand.',
  source:
    'Dependency groups: Fang et al. 2023, arXiv:2301.12900; isomorphic ranking: Fang et al. 2024, arXiv:2407.04616; L1: Li et al. 2017, arXiv:1608.08710; BN scale: Liu et al. 2017, arXiv:1708.06519; FPGM: He et al. 2019, arXiv:1811.00250; refit: He et al. 2017, arXiv:1707.06168; depth: Men et al. 2024, arXiv:2403.03853',
  suffix: 'slim',
  examples: [
    'prune structured model.onnx --ratio 0.5',
    'prune structured model.onnx --target-macs 50% --data train.npz',
    'prune structured model.onnx --target-latency 0.6x --round-to 8',
    'prune structured model.onnx --heads 0.25 --ratio 0.5 --verify',
    'prune structured model.onnx --layers 4 --ratio 0',
  ],
  traits: { outputs: 'changed', idempotent: false, bytes: 'may-grow', needs: ['shapes'], packed: 'unpacks' },
  packable: true,
  options,
  check: (values) => {
    const targets = targetsOf(values)
    const [first, second] = targets
    if (first !== undefined && second !== undefined) {
      throw new UsageError(`${first} and ${second} both say how much to remove.`, { suggestions: ['Choose one.'] })
    }
    if (first !== undefined && values.ratio !== null) {
      throw new UsageError(`--ratio and ${first} both say how much to remove.`, { suggestions: ['Choose one.'] })
    }
    if (first !== undefined && values.scope === 'layer') {
      throw new UsageError(
        `${first} is met by what matters least in the whole model: --scope layer does not go with it.`,
        {
          suggestions: ['Leave out --scope, or choose global or isomorphic.'],
        },
      )
    }
    if (values.ratio === 1) {
      throw new UsageError('--ratio 1 would remove everything.', { suggestions: ['For example --ratio 0.5.'] })
    }
  },
  learns: ({ importance, recover }) => {
    if (importance === 'activation' || importance === 'wanda') return `--importance ${importance}`
    return recover === 'auto' || recover === 'none' ? null : `--recover ${recover}`
  },
  mayLearn: ({ recover, layers, importance }) => recover !== 'none' || layers !== null || importance === null,
  unused: (values) => [
    ...(targetsOf(values).length > 0 ? (['ratio', 'scope'] as const) : []),
    // What it is hangs on the data: named, it would not be the default any more.
    ...(values.importance === null ? (['importance'] as const) : []),
    // Blocks are measured on as many samples as their cost allows.
    ...(values.layers !== null ? (['samples'] as const) : []),
  ],
  load: () => import('./run.js'),
})

/** The flags that name a target. */
export function targetsOf(
  values: Pick<Values, 'targetMacs' | 'targetParams' | 'targetSize' | 'targetLatency'>,
): string[] {
  const { targetMacs, targetParams, targetSize, targetLatency } = values
  const given = { macs: targetMacs, params: targetParams, size: targetSize, latency: targetLatency }
  return Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [`--target-${name}`]))
}

function parseLatency(raw: string, name: string): LatencyTarget {
  const written = raw.trim()
  const time = /^([\d.]+) ?ms$/i.exec(written)?.[1]
  if (time !== undefined && Number(time) > 0) return { milliseconds: Number(time) }
  const times = /^([\d.]+) ?x$/i.exec(written)?.[1] ?? written
  if (/^[\d.]+%?$/.test(times)) return { times: parseFraction(times, name) }
  throw new UsageError(`${name} is "${written}"; it must be a time, or a share of the time now.`, {
    suggestions: ['For example 0.6x, 60%, or 12ms.'],
  })
}
