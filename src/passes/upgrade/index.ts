import { UsageError } from '../../errors.js'
import { text } from '../option.js'
import { definePass } from '../pass.js'

export const options = {
  opset: text<number | null>({
    summary: 'The version of ai.onnx to upgrade to, from 7 to 21.',
    value: 'N',
    default: null,
    shownDefault: '21',
    parse: parseOpset,
  }),
} as const

export const upgrade = definePass({
  name: 'upgrade',
  command: 'upgrade',
  summary: 'Write the model for a later opset',
  description:
    'Every node says in the later version of ai.onnx what it said before: attributes become inputs, ops that were replaced become their successors, changed defaults are written out. Bodies and functions are upgraded with the rest; other domains, custom ops and weights stay as they are. The outputs are equal.',
  source: 'https://github.com/onnx/onnx/blob/main/docs/Changelog.md',
  suffix: 'upgraded',
  examples: ['upgrade model.onnx --opset 17', 'upgrade model.onnx --opset 21 -o model21.onnx'],
  traits: { outputs: 'equal', idempotent: true, bytes: 'may-grow', needs: [], packed: 'keeps' },
  options,
  check: () => {},
  load: () => import('./run.js'),
})

function parseOpset(raw: string, name: string): number {
  if (/^\d+$/.test(raw.trim())) return Number(raw)
  throw new UsageError(`${name} is "${raw}"; it must be a whole number.`, { suggestions: ['For example 17.'] })
}
