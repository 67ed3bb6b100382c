import { readFileSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { launch, open } from '../test-browser/browser.js'

/** What fits beside text: the headline, the numbers, the first charts. */
const SIZE = { width: 1280, height: 1180 }

/**
 * A picture of an HTML report, for the README: light and dark side by side along a diagonal.
 *
 *   node bin/run.js prune ... --report out/picture.html && node dist/docs/report-picture.js out/picture.html docs/report.png
 */
export async function reportPicture(page: string): Promise<Buffer> {
  const browser = await launch()
  try {
    const [light, dark] = await Promise.all(
      (['light', 'dark'] as const).map(async (theme) => {
        const { page: tab } = await open(browser, `picture.${theme}`, page, { ...SIZE, theme })
        return Buffer.from(await tab.screenshot())
      }),
    )
    const { width, height } = SIZE
    const corner = `<svg width="${width}" height="${height}"><path d="M${width * 0.62} 0H${width}V${height}H${width * 0.38}Z"/></svg>`
    const half = await sharp(dark)
      .composite([{ input: Buffer.from(corner), blend: 'dest-in' }])
      .png()
      .toBuffer()
    return await sharp(light)
      .composite([{ input: half }])
      .png({ palette: true, colours: 128, compressionLevel: 9 })
      .toBuffer()
  } finally {
    await browser.close()
  }
}

if (process.argv[1]?.endsWith('docs/report-picture.js')) {
  const [source = '', target = ''] = process.argv.slice(2)
  writeFileSync(target, await reportPicture(readFileSync(source, 'utf8')))
}
