import { UsageError } from '../../errors.js'
import { parseGlob } from '../glob.js'
import { choice, count, flag, fraction, list, parseFraction, text, type ValuesOf } from '../option.js'
import { definePass } from '../pass.js'
import { type Pattern, parsePattern, patternToString } from './pattern.js'

export const DEFAULT_SPARSITY = 0.5
export const DEFAULT_SAMPLES = 512
export const DEFAULT_DAMPING = 0.01
export const DEFAULT_BLOCK_SIZE = 128

export type CalibratedCriterion = 'wanda' | 'sparsegpt'

/** Whether a criterion looks at the inputs of weights. */
export function isCalibrated(criterion: string): criterion is CalibratedCriterion {
  return criterion === 'wanda' || criterion === 'sparsegpt'
}

/** Wanda's scores say something within a row only; everything else is compared as widely as it can be. */
export function scopeOf({ criterion, scope }: Pick<ValuesOf<typeof options>, 'criterion' | 'scope'>) {
  return scope ?? (criterion === 'wanda' ? 'row' : 'global')
}

/** `conv*=0.9`: weights that match get their own sparsity and leave the common pool. */
export interface LayerOverride {
  readonly glob: string
  readonly sparsity: number
}

export const options = {
  sparsity: fraction({
    summary: 'Share of the weights that become zero; zeros already there count.',
    default: null,
    shownDefault: String(DEFAULT_SPARSITY),
  }),
  criterion: choice(['magnitude', 'lamp', 'wanda', 'sparsegpt', 'random'], {
    value: 'NAME',
    summary:
      'What makes a weight unimportant: magnitude, alone or beside the larger ones of its layer (lamp); on --data, that times its inputs (wanda), or what the others cannot make up for (sparsegpt); or random.',
    default: 'magnitude',
  }),
  scope: choice(['global', 'layer', 'row'], {
    summary:
      'Among which weights the share is taken: all together, each layer, or each output row of a layer (default of wanda).',
    default: null,
    shownDefault: 'global',
  }),
  pattern: text<Pattern>({
    summary:
      'Which weights go together: unstructured, n:m (2:4: two of every four inputs stay), or blocks of outputs x inputs (16x16).',
    value: 'PATTERN',
    default: { kind: 'unstructured' },
    shownDefault: 'unstructured',
    parse: parsePattern,
  }),
  layer: list<LayerOverride>({
    summary: 'A sparsity of its own for the weights that match, by node or initializer name.',
    value: 'GLOB=FRACTION',
    item: parseOverride,
  }),
  include: list({
    summary: 'Prune only these weights, by node or initializer name.',
    value: 'GLOB',
    item: parseGlob,
  }),
  exclude: list({ summary: 'Leave these weights alone.', value: 'GLOB', item: parseGlob }),
  embeddings: flag({ summary: 'Prune embedding tables (Gather), too.' }),
  samples: count({
    summary: 'How many samples of --data wanda and sparsegpt look at; drawn by lot.',
    value: 'N',
    default: null,
    shownDefault: String(DEFAULT_SAMPLES),
  }),
  damping: fraction({
    summary: 'For sparsegpt: how much is added to the diagonal of each Hessian, as a share of its mean.',
    default: null,
    shownDefault: String(DEFAULT_DAMPING),
  }),
  blockSize: count({
    summary: 'For sparsegpt: how many inputs are chosen from at once.',
    value: 'N',
    default: null,
    shownDefault: String(DEFAULT_BLOCK_SIZE),
  }),
} as const

export const prune = definePass({
  name: 'prune',
  command: 'prune',
  summary: 'Set the least important weights to zero',
  description:
    'Weights of Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN are ranked, and the least important share of them becomes exactly zero, by their magnitudes alone or by what they do to the data of --data; biases, norms and the graph stay as they are. The file keeps its size, since zeros are stored like other values; with --pack it gets many times smaller.',
  source:
    'Han et al. 2015, arXiv:1506.02626; LAMP: Lee et al. 2021, arXiv:2010.07611; n:m: Mishra et al. 2021, arXiv:2104.08378; Wanda: Sun et al. 2023, arXiv:2306.11695; SparseGPT: Frantar and Alistarh 2023, arXiv:2301.00774',
  suffix: 'pruned',
  examples: [
    'prune model.onnx --sparsity 0.8',
    'prune model.onnx --sparsity 80% --scope layer --exclude "head*"',
    'prune model.onnx --pattern 2:4 -o sparse24.onnx',
    'prune model.onnx --sparsity 0.7 --layer "conv*=0.3" --report a.md',
    'prune model.onnx --criterion sparsegpt --data train.npz',
    'prune model.onnx --sparsity 0.9 --pack --pack-bits 4',
  ],
  traits: { outputs: 'changed', idempotent: true, bytes: 'never-more', needs: [], packed: 'unpacks' },
  packable: true,
  options,
  check: (values) => {
    const { pattern, criterion, scope, sparsity, layer } = values
    if (pattern.kind === 'n:m' && (sparsity !== null || layer.length > 0)) {
      throw new UsageError(
        `The pattern ${patternToString(pattern)} sets the sparsity itself (${percent(1 - pattern.n / pattern.m)}).`,
        {
          suggestions: [`Leave out ${sparsity === null ? '--layer' : '--sparsity'}, or choose another n:m.`],
        },
      )
    }
    if (pattern.kind === 'n:m' && scope !== null && scope !== 'global') {
      throw new UsageError(
        `The pattern ${patternToString(pattern)} is chosen within every ${pattern.m} weights: a scope has no meaning.`,
        {
          suggestions: ['Leave out --scope.'],
        },
      )
    }
    if (criterion === 'lamp' && ((scope ?? 'global') !== 'global' || pattern.kind !== 'unstructured')) {
      throw new UsageError('The criterion lamp compares layers with one another: it is global and unstructured only.', {
        suggestions: ['Leave out --scope and --pattern, or choose --criterion magnitude.'],
      })
    }
    if (pattern.kind === 'block' && scope === 'row') {
      throw new UsageError('Blocks span several rows: the scope row does not go with them.', {
        suggestions: ['Choose --scope layer or global.'],
      })
    }
    checkCalibration(values)
  },
  learns: ({ criterion }) => (isCalibrated(criterion) ? `--criterion ${criterion}` : null),
  unused: ({ pattern, criterion }) => [
    ...(pattern.kind === 'n:m' ? (['sparsity', 'scope'] as const) : []),
    ...(criterion === 'wanda' ? (['scope'] as const) : []),
    ...(isCalibrated(criterion) ? [] : (['samples'] as const)),
    ...(criterion === 'sparsegpt' ? [] : (['damping', 'blockSize'] as const)),
  ],
  whenAccuracyFell: ({ criterion, scope, pattern }) => {
    if (pattern.kind === 'block') return null
    const isGlobal = scopeOf({ criterion, scope }) === 'global'
    const isEven = pattern.kind === 'unstructured' && !isGlobal
    if (isCalibrated(criterion)) {
      return isEven
        ? 'Accuracy fell: --scope global takes less from the layers that bear less, and mostly loses less.'
        : null
    }
    const repaired = '--criterion sparsegpt --data SPEC makes the weights that stay make up for the others'
    if (criterion === 'lamp') return `Accuracy fell: ${repaired}, in the same layers.`
    return criterion === 'magnitude' && isGlobal && pattern.kind === 'unstructured'
      ? `Accuracy fell: --criterion lamp spares the small layers, and ${repaired}; both mostly lose less.`
      : `Accuracy fell: ${repaired}, and mostly loses less.`
  },
  load: () => import('./run.js'),
})

/** @throws UsageError */
function checkCalibration({ criterion, pattern, samples, damping, blockSize }: ValuesOf<typeof options>): void {
  if (isCalibrated(criterion)) {
    if (pattern.kind === 'block') {
      throw new UsageError(`The criterion ${criterion} prunes single weights and n:m, no blocks.`, {
        suggestions: ['Choose --pattern unstructured or n:m, or --criterion magnitude.'],
      })
    }
  } else if (samples !== null) {
    throw new UsageError(`--samples is for wanda and sparsegpt; the criterion is ${criterion}.`, {
      suggestions: ['Add --criterion sparsegpt, or leave out --samples. --limit bounds what is judged on.'],
    })
  }
  const own = damping !== null ? 'damping' : blockSize !== null ? 'block-size' : null
  if (own !== null && criterion !== 'sparsegpt') {
    throw new UsageError(`--${own} is for sparsegpt; the criterion is ${criterion}.`, {
      suggestions: [`Add --criterion sparsegpt, or leave out --${own}.`],
    })
  }
}

function parseOverride(raw: string, name: string): LayerOverride {
  const at = raw.lastIndexOf('=')
  if (at <= 0) {
    throw new UsageError(`${name} is "${raw}"; it must be GLOB=FRACTION.`, {
      suggestions: ['For example --layer "conv*=0.9".'],
    })
  }
  return { glob: raw.slice(0, at), sparsity: parseFraction(raw.slice(at + 1), `${name} ${raw.slice(0, at)}`) }
}

function percent(x: number): string {
  return `${Number((x * 100).toFixed(2))} %`
}
