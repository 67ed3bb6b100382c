import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import type { Report } from '../../src/report/report.js'
import { changed, noise, residual, sketch } from '../analysis/comparison/models.js'
import { floats, node, tinyModel } from '../runtime/tiny-model.js'
import { assertDone, assertRefused, mcompress, place, type RunOptions, TEST_SET, workFolder } from './cli.js'

describe('mcompress compare', () => {
  const folder = workFolder()
  const compare = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    mcompress(['compare', ...args], { cwd: folder.path, ...options })
  /** LeNet-5, and a copy with noise in the weights of conv2. */
  const damagedLenet = (f: (value: number, i: number) => number = (v, i) => v * (1 + 0.3 * noise(i))) => {
    place(folder.path, 'lenet5.onnx')
    writeFileSync(
      folder.file('damaged.onnx'),
      encodeToBytes(changed(readModel('fixtures/lenet5.onnx').model, 'conv2.weight', f)),
    )
    return ['lenet5.onnx', 'damaged.onnx']
  }

  it('names the damaged layer first, then what that does to the outputs, then what to do', async () => {
    const ran = await compare([...damagedLenet(), '--layers', '--data', TEST_SET, '--limit', '100'])

    assertDone(ran)
    const lines = ran.stdout.split('\n')
    assert.match(
      lines[0] ?? '',
      /^"conv2" causes 100 % of the error: what it reads is equal, what it makes has an SQNR of/,
    )
    assert.match(ran.stdout, /^ {2}output +SQNR +max error/m)
    assert.match(ran.stdout, /^ {2}conv2 +Conv +100 % +■{10} +equal → [\d.]+ dB +[\d.]+ dB$/m)
    assert.match(ran.stdout, /^SQNR from the first layer to the last\n {2}equal █+.*\n +\^ conv2$/m)
    assert.match(ran.stdout, /100 samples for evaluation/)
    assert.match(ran.stdout, /--exclude "conv2"/)
    assert.equal(ran.stderr, '')
  })

  it('gives the whole comparison as JSON', async () => {
    const ran = await compare([...damagedLenet(), '--layers', '--json'])

    assertDone(ran)
    const { comparison, command, data, before, after }: Report = JSON.parse(ran.stdout)
    assert.equal(command, 'compare')
    assert.deepEqual([before.path, after?.path], ['lenet5.onnx', 'damaged.onnx'])
    assert.deepEqual(data, [{ role: 'evaluation', spec: 'random?n=64', samples: 64 }])
    assert.equal(comparison?.culprit, 'conv2')
    const [logits] = comparison?.outputs ?? []
    assert.ok(Number(logits?.sqnrDb) > 5 && Number(logits?.sqnrDb) < 40, String(logits?.sqnrDb))
    assert.ok((logits?.agreement?.low ?? 1) < (logits?.agreement?.share ?? 0))
    const shares = comparison?.layers?.map(({ share }) => share ?? 0) ?? []
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      1,
    )
    assert.deepEqual(comparison?.unmatched, { a: 0, b: 0 })
  })

  it('compares the outputs alone without --layers, and says how to go on', async () => {
    const ran = await compare(damagedLenet())

    assertDone(ran)
    assert.match(ran.stdout, /^The outputs differ: SQNR [\d.]+ dB, top-1 agreement [\d.]+ %/)
    assert.match(ran.stdout, /Which layer it comes from: --layers/)
    assert.doesNotMatch(ran.stdout, /causes/)
  })

  it('says of equal models that they are equal', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await compare(['lenet5.onnx', 'lenet5.onnx', '--layers'])

    assertDone(ran)
    assert.match(ran.stdout, /^The outputs are equal on 64 samples\./)
    assert.doesNotMatch(ran.stdout, /causes|exclude/)
  })

  it('says where a NaN comes from', async () => {
    const models = damagedLenet((v, i) => (i === 0 ? Number.NaN : v))

    const layers = await compare([...models, '--layers'])
    const outputs = await compare(models)

    assertDone(layers)
    assertDone(outputs)
    assert.match(
      layers.stdout.replaceAll('\n', ' '),
      /^damaged\.onnx gives NaN from "conv2" on \(sample 0, element 0\)/,
    )
    assert.match(
      outputs.stdout.replaceAll('\n', ' '),
      /^damaged\.onnx gives NaN at output "logits" \(sample 0, element 0\)/,
    )
  })

  it('reads either model from stdin', async () => {
    const [path = '', other = ''] = damagedLenet()
    const stdin = readFileSync(folder.file(other))

    const second = await compare([path, '-', '--json'], { stdin })
    const first = await compare(['-', path, '--json'], { stdin })

    assertDone(second)
    assertDone(first)
    const sqnr = ({ stdout }: typeof first) => (JSON.parse(stdout) as Report).comparison // a report, as --json gives it
    assert.deepEqual([sqnr(second)?.a, sqnr(second)?.b], ['lenet5.onnx', null])
    assert.deepEqual([sqnr(first)?.a, sqnr(first)?.b], [null, 'lenet5.onnx'])
  })

  it('chooses numbers for open dimensions when it makes up the inputs, and says which', async () => {
    const s = sketch()
    const x = s.input('x', ['N', 3, 'height', 'width'])
    s.output('y', s.node('Conv', 'conv', [x, s.weight('w', [2, 3, 3, 3])]), null)
    writeFileSync(folder.file('open.onnx'), encodeToBytes(s.model))

    const chosen = await compare(['open.onnx', 'open.onnx'])
    const given = await compare(['open.onnx', 'open.onnx', '--dim', 'height=8', '--dim', 'width=9'])

    assertDone(chosen)
    assertDone(given)
    assert.match(chosen.stdout.replaceAll('\n', ' '), /random\?n=64, with height = 224, width = 224 \(--dim\)/)
    assert.doesNotMatch(given.stdout, /with height/)
    const named = await compare(['open.onnx', 'open.onnx', '--data', 'random?n=3', '--dim', 'height=8'])
    assertDone(named)
    assert.match(named.stdout.replaceAll('\n', ' '), /made up: random\?n=3, with width = 224 \(--dim\)/)
  })

  it('takes what says how to use data for the inputs that it makes up, too', async () => {
    place(folder.path, 'lenet5.onnx')

    const ran = await compare(['lenet5.onnx', 'lenet5.onnx', '--limit', '5', '--batch-size', '2', '--json'])

    assertDone(ran)
    const { data, headlines } = JSON.parse(ran.stdout) as Report // a report, as --json gives it
    assert.deepEqual(data, [{ role: 'evaluation', spec: 'random?n=64', samples: 5 }])
    assert.deepEqual(headlines[0], 'The outputs are equal on 5 samples.')
  })

  it('writes the reports that are asked for', async () => {
    const ran = await compare([...damagedLenet(), '--layers', '-q', '--report', 'r.md', '--report', 'r.json'])

    assertDone(ran)
    assert.equal(ran.stdout, '')
    const text = readFileSync(folder.file('r.md'), 'utf8')
    assert.match(text, /^## compare: `lenet5\.onnx` → `damaged\.onnx`$/m)
    assert.match(text, /^\| `conv2` \| Conv \| 100 % \| equal → /m)
    assert.match(text, /^mcompress compare lenet5\.onnx damaged\.onnx --layers -q/m)
  })

  describe('refuses, with what to do:', () => {
    const write = (name: string, bytes: Uint8Array) => {
      writeFileSync(folder.file(name), bytes)
      return name
    }
    const one = () => write('one.onnx', encodeToBytes(residual()))

    it('two models from one stdin', async () => {
      assertRefused(await compare(['-', '-'], { stdin: Buffer.from('') }), 2, /Two models do not fit through one stdin/)
    })

    it('a missing second model', async () => {
      assertRefused(
        await compare([one()]),
        2,
        /The second model is missing\.\n {2}mcompress compare one\.onnx other\.onnx\n/,
      )
    })

    it('a third model', async () => {
      assertRefused(
        await compare([one(), 'one.onnx', 'one.onnx']),
        2,
        /compare takes two models; there is more: one\.onnx/,
      )
    })

    it('a model that is not there, or is malformed', async () => {
      one()
      assertRefused(await compare(['one.onnx', 'on.onnx']), 74, /Cannot read "on\.onnx"/)
      assertRefused(await compare(['one.onnx', write('text.onnx', Buffer.from('no model'))]), 3, /text\.onnx/)
    })

    it('inputs that differ, naming each', async () => {
      const other = tinyModel({
        inputs: { x: ['float32', ['N', 1, 8, 8]], mask: ['int64', ['N']] },
        outputs: ['logits'],
        nodes: [node('Relu', ['x'], ['logits'])],
      })

      const ran = await compare([one(), write('other.onnx', other)])

      assertRefused(
        ran,
        2,
        /"x" is float32\[N,3,8,8\] and float32\[N,1,8,8\]; "mask" \(int64\[N\]\) is only in "other\.onnx"/,
      )
    })

    it('models without an output, or with --layers a value, in common', async () => {
      const linear = (names: readonly string[], output: string) =>
        tinyModel({
          inputs: { x: ['float32', ['N', 2]] },
          outputs: [output],
          nodes: [
            node('MatMul', ['x', 'w'], [names[0] ?? ''], names[1]),
            node('Relu', [names[0] ?? ''], [output], names[2]),
          ],
          weights: [floats('w', [2, 2], [1, 2, 3, 4])],
        })
      const first = write('first.onnx', linear(['h', 'm', 'r'], 'y'))
      const strange = write('strange.onnx', linear(['g', 'n', 's'], 'y'))
      const apart = write('apart.onnx', linear(['h', 'm', 'r'], 'z'))

      assertRefused(await compare([first, apart]), 2, /no output in common: "y" and "z"/)
      assertRefused(await compare([first, strange, '--layers']), 2, /no value in common but their outputs/)
      assertDone(await compare([first, strange]))
    })

    it('an op that ONNX Runtime does not know', async () => {
      place(folder.path, 'generated/custom-op.onnx')
      assertRefused(
        await compare(['custom-op.onnx', 'custom-op.onnx']),
        3,
        /ONNX Runtime cannot load "custom-op\.onnx": it does not know the op org\.example\.Swirl\.\n {2}What runs no model/,
      )
    })

    it('data of another shape, empty data, and a dimension that is not open', async () => {
      one()
      const jsonl = (name: string, text: string) => write(name, Buffer.from(text))
      const narrow = jsonl('narrow.jsonl', '{"x":[1,2,3]}\n')
      const empty = jsonl('empty.jsonl', '')

      assertRefused(await compare(['one.onnx', 'one.onnx', '--data', narrow]), 2, /sample of field "x"/)
      assertRefused(await compare(['one.onnx', 'one.onnx', '--data', empty]), 2, /empty|no samples/i)
      assertRefused(await compare(['one.onnx', 'one.onnx', '--dim', 'width=3']), 2, /no open dimension "width"/)
    })
  })
})
