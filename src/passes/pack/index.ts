import { ENCODINGS_OPSET } from '../../encodings/index.js'
import { UsageError } from '../../errors.js'
import { parseGlob } from '../glob.js'
import { atLeast, choice, flag, fraction, list, size, text, type ValuesOf } from '../option.js'
import { definePass } from '../pass.js'

export const DEFAULT_MAX_ERROR = 0.01
export const DEFAULT_LOAD_MEMORY = 2.5
export const DEFAULT_SAMPLES = 512
/** Of biases and scales: they are few, and each counts much. */
export const MAX_VECTOR_ERROR = 0.001

export const options = {
  lossless: flag({ summary: 'Only encodings that give every weight back bit for bit.' }),
  bits: text<number | null>({
    summary: 'Every weight is one of 2^N values of its tensor, whatever the error; from 1 to 8.',
    value: 'N',
    default: null,
    parse: parseBits,
  }),
  maxError: fraction({
    summary: 'The largest error of a tensor: root mean square of the differences by that of the weights.',
    default: null,
    shownDefault: String(DEFAULT_MAX_ERROR),
  }),
  targetSize: size({
    summary: 'The least error with which the file has at most this size: 4MB, 512KiB.',
    default: null,
  }),
  maxDrop: fraction({
    summary: 'The smallest file whose accuracy on --data falls by at most this much: 0.01 is one point.',
    default: null,
  }),
  weigh: choice(['even', 'magnitude', 'activations', 'hessian'], {
    value: 'HOW',
    summary:
      'Which weights a palette lies close to: all alike (even), large ones (magnitude); on --data, those with large inputs (activations), or large squared ones (hessian, default of gptq).',
    default: null,
    shownDefault: 'even',
  }),
  rounding: choice(['nearest', 'gptq'], {
    summary:
      'Which value of its palette a weight becomes: the nearest, or, on --data, the one with which the outputs of its layer change least (gptq). As many bytes.',
    default: 'nearest',
  }),
  samples: text<number | null>({
    summary: 'How many samples of --data are looked at to weigh or to round weights; drawn by lot.',
    value: 'N',
    default: null,
    shownDefault: String(DEFAULT_SAMPLES),
    parse: parseSamples,
  }),
  include: list({
    summary: 'Pack only these weights, by node or initializer name.',
    value: 'GLOB',
    item: parseGlob,
  }),
  exclude: list({ summary: 'Leave these weights as they are.', value: 'GLOB', item: parseGlob }),
  loadMemory: atLeast(1, {
    summary: 'How much memory loading may take at its peak, in times of the model as it is.',
    value: 'TIMES',
    default: DEFAULT_LOAD_MEMORY,
    shownDefault: String(DEFAULT_LOAD_MEMORY),
  }),
  curve: flag({ summary: 'Try packings from nearly lossless to 2 bits on --data, and report size beside accuracy.' }),
} as const

type Values = ValuesOf<typeof options>

export const pack = definePass({
  name: 'pack',
  command: 'pack',
  summary: 'Store the weights compressed, inside plain ONNX',
  description:
    'Each weight is stored in the smallest of many ways: a few values and which of them each weight is, the places of those that are not zero, half precision. A few standard ops decode it; every ONNX Runtime (Python, Node.js, web) runs them once, when it loads the model, so that speed and memory are afterwards those of the model as it was. Only the file is smaller: 4 times, and much more after pruning.',
  source:
    'Deep Compression: Han et al. 2016, arXiv:1510.00149; weighted palettes: Choi et al. 2017, arXiv:1612.01543, and Kim et al. 2023, arXiv:2306.07629; rounding: Frantar et al. 2022, arXiv:2210.17323',
  suffix: 'packed',
  examples: [
    'pack model.onnx',
    'pack model.onnx --lossless',
    'pack model.onnx --bits 4 --rounding gptq --data train.npz',
    'pack model.onnx --target-size 4MB -o small.onnx',
    'pack model.onnx --max-drop 0.5% --data train.npz --report a.html',
  ],
  traits: {
    outputs: 'changed',
    idempotent: true,
    bytes: 'never-more',
    needs: [],
    packed: 'decides',
    minOpset: ENCODINGS_OPSET,
  },
  options,
  check,
  learns: (values) => {
    if (values.maxDrop !== null) return '--max-drop'
    if (values.curve) return '--curve'
    if (values.rounding === 'gptq') return '--rounding gptq'
    return isWeighedByData(values.weigh) ? `--weigh ${values.weigh}` : null
  },
  unused: ({ lossless, bits, targetSize, maxDrop, weigh, rounding, curve }) => [
    ...(lossless || bits !== null || targetSize !== null || maxDrop !== null ? (['maxError'] as const) : []),
    ...(lossless ? (['weigh', 'rounding'] as const) : []),
    ...(maxDrop !== null || curve ? (['rounding'] as const) : []),
    ...(rounding === 'gptq' ? (['weigh'] as const) : []),
    ...(isWeighedByData(weigh) || rounding === 'gptq' ? [] : (['samples'] as const)),
  ],
  whenAccuracyFell: ({ bits, lossless }) => {
    if (lossless) return null
    const more = bits !== null && bits < 8 ? `--bits ${bits < 4 ? 4 : 8} loses less` : '--max-error 0.002 loses less'
    return `Accuracy fell: ${more}, and --max-drop finds the smallest file that keeps it.`
  },
  load: () => import('./run.js'),
})

/** What palettes lie close to: rounding by data makes most of those that know the data. */
export function weighOf({ weigh, rounding }: Pick<Values, 'weigh' | 'rounding'>): NonNullable<Values['weigh']> {
  return weigh ?? (rounding === 'gptq' ? 'hessian' : 'even')
}

export function isWeighedByData(weigh: Values['weigh']): weigh is 'activations' | 'hessian' {
  return weigh === 'activations' || weigh === 'hessian'
}

/** @throws UsageError */
function check({ lossless, bits, maxError, targetSize, maxDrop, weigh, rounding, samples, curve }: Values): void {
  const bounds = [
    ...(lossless ? ['--lossless'] : []),
    ...(bits === null ? [] : ['--bits']),
    ...(maxError === null ? [] : ['--max-error']),
    ...(targetSize === null ? [] : ['--target-size']),
    ...(maxDrop === null ? [] : ['--max-drop']),
  ]
  if (bounds.length > 1) {
    throw new UsageError(`${bounds.join(' and ')} each say how much may be lost: one of them is enough.`, {
      suggestions: [`Leave out all but one of them.`],
    })
  }
  if (lossless && weigh !== null && weigh !== 'even') {
    throw new UsageError('--weigh says what to be exact about; with --lossless everything is exact.', {
      suggestions: ['Leave out one of the two.'],
    })
  }
  if (lossless && curve) {
    throw new UsageError('--curve tries packings that lose something; --lossless allows none.', {
      suggestions: ['Leave out one of the two.'],
    })
  }
  if (rounding === 'gptq') checkRounding(lossless, maxDrop, curve)
  if (samples !== null && !isWeighedByData(weigh) && rounding === 'nearest') {
    throw new UsageError(`--samples is for --weigh activations and hessian, and for --rounding gptq.`, {
      suggestions: ['Leave out --samples. --limit bounds what is judged on.'],
    })
  }
}

/** @throws UsageError */
function checkRounding(lossless: boolean, maxDrop: number | null, curve: boolean): void {
  if (lossless) {
    throw new UsageError('--rounding says what weights become; with --lossless they stay as they are.', {
      suggestions: ['Leave out one of the two.'],
    })
  }
  if (maxDrop === null && !curve) return
  throw new UsageError(`--rounding gptq rounds one packing, and ${curve ? '--curve' : '--max-drop'} tries many.`, {
    suggestions: [
      'Leave out --rounding to find how tightly the model can be packed, and then pack so tightly with it: --bits 4 --rounding gptq',
    ],
  })
}

function parseBits(raw: string, name: string): number {
  const value = Number(raw)
  if (/^\d+$/.test(raw.trim()) && value >= 1 && value <= 8) return value
  throw new UsageError(`${name} is "${raw}"; it must be a whole number from 1 to 8.`, {
    suggestions: ['8 keeps nearly everything, 4 halves the file once more.'],
  })
}

function parseSamples(raw: string, name: string): number {
  const value = Number(raw)
  if (/^\d+$/.test(raw.trim()) && value >= 1 && Number.isSafeInteger(value)) return value
  throw new UsageError(`${name} is "${raw}"; it must be a whole number, 1 or more.`, {
    suggestions: ['For example 128.'],
  })
}
