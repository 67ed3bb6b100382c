import { UsageError } from '../../errors.js'
import { parseGlob } from '../glob.js'
import { choice, flag, fraction, list, parseFraction, text } from '../option.js'
import { definePass } from '../pass.js'
import { type Pattern, parsePattern, patternToString } from './pattern.js'

export const DEFAULT_SPARSITY = 0.5

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
  criterion: choice(['magnitude', 'random', 'lamp'], {
    summary:
      'What makes a weight unimportant: its magnitude, chance (the baseline), or its magnitude beside the larger ones of its layer.',
    default: 'magnitude',
  }),
  scope: choice(['global', 'layer', 'row'], {
    summary: 'Among which weights the share is taken: all together, each layer, or each output row of a layer.',
    default: 'global',
  }),
  pattern: text<Pattern>({
    summary: 'Which weights go together: unstructured, n:m (n of every m inputs stay), or blocks of outputs x inputs.',
    value: 'unstructured|2:4|16x16',
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
} as const

export const prune = definePass({
  name: 'prune',
  command: 'prune',
  summary: 'Set the least important weights to zero',
  description:
    'Weights of Conv, ConvTranspose, Gemm, MatMul, LSTM, GRU and RNN are ranked, and the least important share of them becomes exactly zero; biases, norms and the graph stay as they are. The file keeps its size, since zeros are stored like other values, but it compresses far better.',
  source:
    'Han et al. 2015, arXiv:1506.02626; LAMP: Lee et al. 2021, arXiv:2010.07611; n:m: Mishra et al. 2021, arXiv:2104.08378',
  suffix: 'pruned',
  examples: [
    'prune model.onnx --sparsity 0.8',
    'prune model.onnx --sparsity 80% --scope layer --exclude "head*"',
    'prune model.onnx --pattern 2:4 -o sparse24.onnx',
    'prune model.onnx --sparsity 0.7 --layer "conv*=0.3" --report a.md',
  ],
  traits: { outputs: 'changed', idempotent: true, bytes: 'never-more', needs: [] },
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
    if (pattern.kind === 'n:m' && scope !== 'global') {
      throw new UsageError(
        `The pattern ${patternToString(pattern)} is chosen within every ${pattern.m} weights: a scope has no meaning.`,
        {
          suggestions: ['Leave out --scope.'],
        },
      )
    }
    if (criterion === 'lamp' && (scope !== 'global' || pattern.kind !== 'unstructured')) {
      throw new UsageError('The criterion lamp compares layers with one another: it is global and unstructured only.', {
        suggestions: ['Leave out --scope and --pattern, or choose --criterion magnitude.'],
      })
    }
    if (pattern.kind === 'block' && scope === 'row') {
      throw new UsageError('Blocks span several rows: the scope row does not go with them.', {
        suggestions: ['Choose --scope layer or global.'],
      })
    }
  },
  unused: ({ pattern }) => (pattern.kind === 'n:m' ? ['sparsity', 'scope'] : []),
  whenAccuracyFell: ({ criterion, scope, pattern }) =>
    criterion === 'magnitude' && scope === 'global' && pattern.kind === 'unstructured'
      ? 'Accuracy fell: --criterion lamp spares the small layers, and mostly loses less at the same sparsity.'
      : null,
  load: () => import('./run.js'),
})

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
