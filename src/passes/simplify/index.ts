import { UsageError } from '../../errors.js'
import { didYouMean } from '../../nearest.js'
import { RULES, type RuleName } from '../../rewrites/rules/rule.js'
import { list } from '../option.js'
import { definePass } from '../pass.js'

const NAMES = Object.keys(RULES) as RuleName[] // its keys are all there are

export const options = {
  skip: list<RuleName>({
    summary: `Leave out a rule: ${NAMES.join(', ')}.`,
    value: 'RULE',
    item: parseRule,
  }),
} as const

export const simplify = definePass({
  name: 'simplify',
  command: 'simplify',
  summary: 'Say the same with a smaller graph',
  description:
    'Constants are folded through ONNX Runtime where the file does not grow by it, BatchNormalization and scales go into the layers around them, and what has no effect, no reader or a double is removed. The outputs stay equal but for rounding, and the file is never larger. Ops that ONNX Runtime does not know are left as they are.',
  source: 'BatchNormalization: Ioffe and Szegedy 2015, arXiv:1502.03167; the ONNX operator specification',
  suffix: 'simplified',
  examples: ['simplify model.onnx', 'simplify model.onnx -o small.onnx', 'simplify model.onnx --skip fold-scales'],
  traits: { outputs: 'equal', idempotent: true, bytes: 'never-more', needs: ['shapes'], packed: 'keeps' },
  options,
  check: () => {},
  load: () => import('./run.js'),
})

function parseRule(raw: string, name: string): RuleName {
  const found = NAMES.find((rule) => rule === raw)
  if (found !== undefined) return found
  throw new UsageError(`${name} is "${raw}"; it must be the name of a rule.`, {
    suggestions: didYouMean(raw, NAMES, 'rules'),
  })
}
