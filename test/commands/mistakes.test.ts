import assert from 'node:assert/strict'
import {
  nearSubcommand,
  notFound,
  type Place,
  refuseValuesOfSwitches,
  usageErrorOf,
} from '../../src/commands/mistakes.js'

const commands = new Map([
  ['prune', ['sparsity', 'json', 'gzip']],
  ['prune structured', ['ratio', 'json']],
  ['inspect', ['layers']],
])
const place = (argv: readonly string[] = []): Place => ({
  command: 'prune',
  commands,
  argv,
  flags: {
    sparsity: { type: 'option', helpValue: 'FRACTION' },
    json: { type: 'boolean' },
    gzip: { type: 'boolean', allowNo: true },
  },
})
const told = (message: string, argv: readonly string[] = []) => {
  const { message: text, suggestions } = usageErrorOf(new Error(message), place(argv))
  return [text, ...suggestions]
}
const HELP = 'mcompress prune --help lists what there is.'

describe('What oclif says is said better:', () => {
  it('the second word of a command, mistyped', () => {
    const argv = ['structrued', 'm.onnx', '--json']

    assert.deepEqual(told('Unexpected argument: m.onnx\nSee more help with --help', argv), [
      'There is neither a command "prune structrued" nor a model "structrued".',
      'Did you mean "mcompress prune structured"?',
    ])
    assert.equal(nearSubcommand('structrued', { command: 'inspect', commands }), undefined)
    assert.equal(nearSubcommand('something', { command: 'prune', commands }), undefined)
  })

  it('a flag of another command', () => {
    assert.deepEqual(told('Nonexistent flag: --ratio\nSee more help'), [
      'prune has no flag --ratio.',
      'It is one of prune structured: mcompress prune structured --help',
      HELP,
    ])
  })

  it('a flag of another command, whose second word is mistyped', () => {
    assert.deepEqual(told('Nonexistent flag: --ratio\nSee more help', ['structrued', 'm.onnx', '--ratio', '0.5']), [
      'prune has no flag --ratio.',
      'Did you mean "mcompress prune structured"?',
      'It is one of prune structured: mcompress prune structured --help',
      HELP,
    ])
  })

  it('flags that are mistyped, cut short, or come with a value', () => {
    assert.deepEqual(told('Nonexistent flags: --sparsty=0.5, --no-gzp, --spars, --s, -x'), [
      'prune has no flag --sparsty, --no-gzp, --spars, --s, -x.',
      'Did you mean --sparsity?',
      'Did you mean --no-gzip?',
      'Did you mean --sparsity?',
      HELP,
    ])
  })

  it('a value that is missing, wrong or given twice', () => {
    assert.deepEqual(told('Flag --sparsity expects a value'), ['--sparsity needs a value: --sparsity FRACTION', HELP])
    assert.deepEqual(told('Flag --sparsity can only be specified once'), [
      '--sparsity is given twice.',
      'Leave one of them out.',
    ])
    assert.deepEqual(told('Parsing --limit \n\tis "0"; it must be a whole number.\nSee more help with --help'), [
      '--limit is "0"; it must be a whole number.',
      HELP,
    ])
  })

  it('flags that exclude one another, in colour too', () => {
    const message =
      'The following error occurred:\n  \u001b[2m--a=true cannot also be provided when using --b-c\u001b[22m'

    assert.deepEqual(told(message), ['--a and --b-c exclude one another.', 'Leave one of them out.'])
  })

  it('what nobody has thought of yet: its first line, and where to look', () => {
    assert.deepEqual(told('Something new\nand more'), ['Something new.', HELP])
  })
})

describe('A switch with a value', () => {
  const refused = (...argv: string[]) => {
    try {
      refuseValuesOfSwitches(place(argv))
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  it('is refused, instead of taken for the model', () => {
    assert.equal(refused('m.onnx', '--json=true'), '--json=true: --json takes no value.')
    assert.equal(refused('--no-gzip=1'), '--no-gzip=1: --gzip takes no value.')
  })

  it('is none after --, and no flag with a value is one', () => {
    assert.equal(refused('--sparsity=0.5', '--json', '--', '--json=true'), null)
  })
})

describe('A command that does not exist', () => {
  const names = [...commands.keys()]

  it('is taken for the nearest', () => {
    assert.deepEqual(notFound('prnue:m.onnx', names).suggestions[0], 'Did you mean "prune"?')
  })

  it('is none where one that exists takes no argument', () => {
    assert.equal(notFound('prune:structured:now', names).message, '"prune structured" takes no argument "now".')
    assert.equal(notFound('inspect:m.onnx', names).message, '"inspect" takes no argument "m.onnx".')
  })

  it('may be a model without a command, or a flag before it', () => {
    assert.match(notFound('m.onnx', names).suggestions[0] ?? '', /mcompress inspect m\.onnx$/)
    assert.equal(notFound('--json', names).message, '--json stands where a command is expected.')
  })
})
