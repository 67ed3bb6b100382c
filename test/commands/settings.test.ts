import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { COMMANDS } from '../../src/commands/index.js'
import { type FlagShapes, readSettings, type SettingsContext } from '../../src/commands/settings.js'
import { IoError, UsageError, type UserError } from '../../src/errors.js'
import { workFolder } from './cli.js'

const prune: FlagShapes = {
  sparsity: { type: 'option', multiple: false },
  layer: { type: 'option', multiple: true },
  threads: { type: 'option', multiple: false },
  'in-place': { type: 'boolean', exclusive: ['output'] },
  output: { type: 'option', multiple: false },
  json: { type: 'boolean' },
  gzip: { type: 'boolean', allowNo: true },
  config: { type: 'option', multiple: false },
}
const inspect: FlagShapes = { layers: { type: 'boolean' }, json: { type: 'boolean' }, config: { type: 'option' } }
const commands = new Map([
  ['prune', prune],
  ['prune structured', prune],
  ['inspect', inspect],
])

describe('Settings', () => {
  const folder = workFolder()
  const read = (context: Partial<SettingsContext> = {}) =>
    readSettings({
      command: 'prune',
      commands,
      given: new Set(),
      config: undefined,
      env: {},
      folder: folder.path,
      ...context,
    })
  const argsOf = async (context: Partial<SettingsContext> = {}) => (await read(context)).flatMap(({ args }) => args)
  const write = (content: unknown, name = 'mcompress.config.json') =>
    writeFileSync(folder.file(name), typeof content === 'string' ? content : JSON.stringify(content))
  const refused = async (content: unknown, context: Partial<SettingsContext> = {}): Promise<UserError> => {
    write(content)
    let error: unknown
    await read(context).catch((caught) => {
      error = caught
    })
    assert.ok(error instanceof UsageError, String(error))
    return error
  }

  it('are none where nothing is set', async () => {
    assert.deepEqual(await read(), [])
  })

  it('become what they would be on the command line', async () => {
    write({ sparsity: 0.8, layer: ['a*=0.1', 'b=50%'], json: true, gzip: false, 'in-place': false, threads: '2' })

    assert.deepEqual(await argsOf(), [
      '--sparsity=0.8',
      '--layer=a*=0.1',
      '--layer=b=50%',
      '--json',
      '--no-gzip',
      '--threads=2',
    ])
  })

  it('give way: the command line, the environment, what is nested for the command, what is general', async () => {
    write({ sparsity: 0.1, threads: 1, layer: 'x=1', prune: { sparsity: 0.2, threads: 2 } })
    const env = { MCOMPRESS_SPARSITY: '0.3', MCOMPRESS_THREADS: '', MCOMPRESS_OTHER: '1' }

    assert.deepEqual(await read({ env, given: new Set(['layer']) }), [
      { flag: 'sparsity', args: ['--sparsity=0.3'], from: 'MCOMPRESS_SPARSITY' },
      { flag: 'threads', args: ['--threads=2'], from: 'mcompress.config.json' },
    ])
    assert.deepEqual(await argsOf(), ['--sparsity=0.2', '--threads=2', '--layer=x=1'])
  })

  it('concern the commands that have the flag', async () => {
    write({ sparsity: 0.8, layers: true, prune: { threads: 1 }, 'prune structured': { threads: 3 } })

    assert.deepEqual(await argsOf({ command: 'inspect' }), ['--layers'])
    assert.deepEqual(await argsOf({ command: 'prune structured' }), ['--sparsity=0.8', '--threads=3'])
  })

  it('yield to a flag on the command line that excludes them', async () => {
    write({ 'in-place': true })
    assert.deepEqual(await argsOf({ given: new Set(['output']) }), [])

    write({ output: 'x.onnx' })
    assert.deepEqual(await argsOf({ given: new Set(['in-place']) }), [])
  })

  it('come from the environment as text: switches as 1 or 0, lists by spaces', async () => {
    const env = { MCOMPRESS_JSON: 'true', MCOMPRESS_GZIP: '0', MCOMPRESS_IN_PLACE: '0', MCOMPRESS_LAYER: ' a=1  b=0 ' }

    assert.deepEqual(await argsOf({ env }), ['--layer=a=1', '--layer=b=0', '--json', '--no-gzip'])
    await assert.rejects(
      read({ env: { MCOMPRESS_JSON: 'yes' } }),
      /json is "yes" in MCOMPRESS_JSON; it must be 1 or 0\./,
    )
  })

  it('come from a module as well', async () => {
    write('export default { sparsity: 0.5 + 0.25 }', 'mcompress.config.mjs')
    assert.deepEqual(await argsOf(), ['--sparsity=0.75'])

    mkdirSync(folder.file('old'))
    write('module.exports = { threads: 4 }', 'old/mcompress.config.js')
    assert.deepEqual(await argsOf({ folder: folder.file('old') }), ['--threads=4'])
  })

  it('come from the file that is named, by the flag or by the environment', async () => {
    write({ threads: 1 })
    write({ threads: 2 }, 'two.json')
    write({ threads: 3 }, 'three.json')
    const env = { MCOMPRESS_CONFIG: 'three.json' }

    assert.deepEqual(await argsOf({ env }), ['--threads=3'])
    assert.deepEqual(await argsOf({ env, config: 'two.json' }), ['--threads=2'])
    await assert.rejects(read({ config: 'no.json' }), (error) => {
      assert.ok(error instanceof IoError)
      return /Cannot read the configuration "no\.json": no such file/.test(error.message)
    })
    await assert.rejects(read({ config: 'no.mjs' }), IoError)
    await assert.rejects(read({ config: 'two.yaml' }), /"two\.yaml" is no configuration: its name must end in \.json/)
  })

  it('must have known names, and the nearest is suggested', async () => {
    const flag = await refused({ sparsty: 0.8 })
    const command = await refused({ prnue: { sparsity: 0.8 } })
    const nested = await refused({ prune: { layers: true } })
    const config = await refused({ config: 'other.json' })

    assert.equal(flag.message, 'Unknown key "sparsty" in mcompress.config.json.')
    assert.equal(flag.suggestions[0], 'Did you mean "sparsity"?')
    assert.deepEqual(command.suggestions, [
      'Did you mean "prune"?',
      'The commands are: inspect, prune, prune structured.',
    ])
    assert.match(nested.suggestions.join('\n'), /^Did you mean "layer"\?\nThe flags of prune are: gzip, in-place/)
    assert.equal(config.message, 'Unknown key "config" in mcompress.config.json.')
  })

  it('are checked in all commands, not only in the one that runs', async () => {
    const error = await refused({ prune: { sparsty: 1 } }, { command: 'inspect' })

    assert.equal(error.message, 'Unknown key "sparsty" in mcompress.config.json.')
  })

  it('must be of the kind that the flag takes', async () => {
    assert.match((await refused({ json: 'yes' })).message, /^json is "yes" in mcompress.*; it must be true or false\.$/)
    assert.match((await refused({ threads: [1] })).message, /^threads is \[1\] in .*; it must be text or a number\.$/)
    assert.match((await refused({ layer: [true] })).message, /it must be text, or a list of texts\.$/)
    assert.match((await refused({ sparsity: null })).message, /^sparsity is null in/)
  })

  it('say why a file cannot be used', async () => {
    assert.match(
      (await refused('[]')).message,
      /^"mcompress\.config\.json" holds no configuration: it must be an object/,
    )
    const noJson = await refused('{"sparsity": 0.5,}')
    assert.match(noJson.message, /^"mcompress\.config\.json" is no valid JSON: /)
    assert.match(noJson.suggestions.join(), /no comma after the last entry/)
    write('export default {', 'broken.mjs')
    await assert.rejects(read({ config: 'broken.mjs' }), /"broken\.mjs" cannot be loaded: /)
    write('export const a = 1', 'empty.mjs')
    await assert.rejects(read({ config: 'empty.mjs' }), /"empty\.mjs" holds no configuration/)
  })

  it('are those of the example in docs/configuration.md', async () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(readFileSync('docs/configuration.md', 'utf8')) ?? []
    write(example)
    const table = Object.entries(COMMANDS).map(([id, { flags }]) => [id.replaceAll(':', ' '), flags] as const)

    assert.deepEqual(await argsOf({ commands: new Map(table) }), [
      '--threads=1',
      '--eval-data=data/test.npz',
      '--report=report.md',
      '--report=report.json',
      '--sparsity=0.8',
      '--criterion=lamp',
      '--exclude=head*',
    ])
  })

  it('are refused where two files, or one in YAML, leave open what counts', async () => {
    write({ threads: 1 })
    write('export default {}', 'mcompress.config.mjs')
    await assert.rejects(
      read(),
      /There is more than one configuration: mcompress\.config\.json, mcompress\.config\.mjs\./,
    )
    assert.deepEqual(await argsOf({ config: 'mcompress.config.json' }), ['--threads=1'])

    mkdirSync(folder.file('yaml'))
    write('threads: 1', 'yaml/mcompress.config.yaml')
    await assert.rejects(read({ folder: folder.file('yaml') }), /does not read "mcompress\.config\.yaml"/)
  })
})
