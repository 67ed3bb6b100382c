import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { launch, open, SCREENSHOTS, type View } from './browser.js'
import { headingLevels, nameless, overflowing, weakContrasts } from './looks.js'
import { PAGES } from './pages.js'

describe('HTML reports in Chromium', () => {
  let browser: Browser
  const texts = new Map<string, string>()

  before(async () => {
    browser = await launch()
    for (const [name, make] of Object.entries(PAGES)) texts.set(name, await make())
  })
  after(() => browser?.close())

  /** Opens a page, and closes it again when the test is done with it. */
  async function look<T>(name: string, view: View, test: (page: Page) => Promise<T>): Promise<T> {
    const { page } = await open(browser, name, texts.get(name) ?? '', view)
    try {
      return await test(page)
    } finally {
      await page.close()
    }
  }

  const picture = (page: Page, name: string) =>
    page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
  /** The first column of the layer table, as it stands. */
  const weights = (page: Page) =>
    page.$$eval('#layer-table tbody tr:not([hidden]) th > code', (cells) => cells.map((c) => c.textContent))

  for (const name of Object.keys(PAGES)) {
    describe(name, () => {
      it('opens without a complaint, a request or an owner of its names', async () => {
        const { page, complaints, requests } = await open(browser, name, texts.get(name) ?? '')
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
        await picture(page, name)

        assert.deepEqual(complaints, [])
        assert.deepEqual(requests, [])
        assert.match(await page.title(), / – mcompress$/)
        await page.close()
      })

      for (const theme of ['light', 'dark'] as const) {
        it(`can be read in the ${theme} theme: every text has a contrast of AA`, () =>
          look(name, { theme }, async (page) => {
            await picture(page, `${name}.${theme}`)
            assert.deepEqual(await weakContrasts(page), [])
          }))
      }

      it('fits a phone', () =>
        look(name, { width: 360, height: 780, scale: 2 }, async (page) => {
          await picture(page, `${name}.phone`)
          assert.deepEqual(await overflowing(page), [])
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
        }))

      it('has a name for every image, table and control, and headings in order', () =>
        look(name, {}, async (page) => {
          assert.deepEqual(await nameless(page), [])
          const levels = await headingLevels(page)
          assert.equal(levels[0], 1)
          assert.equal(levels.filter((level) => level === 1).length, 1)
          for (const [i, level] of levels.entries()) {
            assert.ok(level <= (levels[i - 1] ?? 0) + 1, `${levels[i - 1]} -> ${level}`)
          }
          assert.deepEqual(await page.$$eval('main, nav[aria-label], footer', (marks) => marks.map((m) => m.tagName)), [
            'NAV',
            'MAIN',
            'FOOTER',
          ])
        }))
    })
  }

  it('say the same without JavaScript, and show no control that would do nothing', () =>
    look('everything', { script: false }, async (page) => {
      const shown = await page.$$eval('.needs-script, .sort:not(:disabled)', (controls) =>
        controls.filter((control) => control.checkVisibility()).map((control) => control.outerHTML),
      )
      assert.deepEqual(shown, [])
      assert.deepEqual(await weights(page), ['conv1.weight', 'conv2.weight', 'fc1.weight', 'fc2.weight', 'fc3.weight'])
      const trees = () => page.$$eval('.choosable', (all) => all.map((tree) => tree.checkVisibility()))
      assert.deepEqual(await trees(), [true, false, false, false])
      await page.click('label[for=tree-2]')
      assert.deepEqual(await trees(), [false, false, true, false])
    }))

  it('of 500 layers open at once', async () => {
    await (await open(browser, 'warm', '<title>warm</title>')).page.close()
    const { page } = await open(browser, 'five-hundred-layers', texts.get('five-hundred-layers') ?? '')
    const openedMs = await page.evaluate(() => {
      const [timing] = performance.getEntriesByType('navigation')
      return (timing as PerformanceNavigationTiming).domContentLoadedEventEnd // what that type of entry is
    })
    console.log(`      DOMContentLoaded after ${openedMs.toFixed(0)} ms`)
    assert.equal((await weights(page)).length, 500)
    assert.ok(openedMs < 2000, `${openedMs} ms`) // a tenth of it on an idle machine
    await page.close()
  })

  describe('the layer table', () => {
    it('sorts by a click: largest first, smallest first, as it was', () =>
      look('everything', {}, async (page) => {
        const [click, order] = [
          () => page.click('#layer-table th:nth-child(5) .sort'),
          () => page.$eval('#layer-table th:nth-child(5)', (head) => head.getAttribute('aria-sort')),
        ]
        assert.equal(await page.$eval('#layer-table th:nth-child(5)', (head) => head.textContent), 'parameters')
        assert.equal(await order(), null)
        await click()
        assert.equal(await order(), 'descending')
        assert.deepEqual(await weights(page), [
          'fc1.weight',
          'fc2.weight',
          'conv2.weight',
          'fc3.weight',
          'conv1.weight',
        ])
        await click()
        assert.equal(await order(), 'ascending')
        assert.deepEqual(await weights(page), [
          'conv1.weight',
          'fc3.weight',
          'conv2.weight',
          'fc2.weight',
          'fc1.weight',
        ])
        await click()
        assert.equal(await order(), null)
        assert.deepEqual(await weights(page), [
          'conv1.weight',
          'conv2.weight',
          'fc1.weight',
          'fc2.weight',
          'fc3.weight',
        ])
      }))

    it('sorts by keyboard, names as names, and one column at a time', () =>
      look('five-hundred-layers', {}, async (page) => {
        await page.focus('#layer-table th:nth-child(6) .sort')
        await page.keyboard.press('Space')
        await page.focus('#layer-table th:nth-child(1) .sort')
        await page.keyboard.press('Enter')

        const sorted = await weights(page)
        assert.equal(sorted[0], 'model.encoder.layers.0.attention.k_proj.weight')
        assert.equal(sorted.at(-1), 'model.encoder.layers.83.attention.q_proj.weight') // 10 after 9, not after 1
        const states = await page.$$eval('#layer-table [aria-sort]', (heads) => heads.map((head) => head.textContent))
        assert.deepEqual(states, ['weight'])
      }))

    it('filters by what is typed, and says how many are left', () =>
      look('everything', {}, async (page) => {
        await page.type('#filter', 'GEMM 84×')
        assert.deepEqual(await weights(page), ['fc2.weight'])
        assert.equal(await page.$eval('#matches', (output) => output.textContent), '1 of 5')
        await page.click('#layer-table th:nth-child(5) .sort') // a filter stays when the order changes
        assert.deepEqual(await weights(page), ['fc2.weight'])
        await page.type('#filter', 'x')
        assert.deepEqual(await weights(page), [])
        await page.$eval('#filter', (input) => {
          ;(input as HTMLInputElement).value = '' // as its type is search
          input.dispatchEvent(new Event('input'))
        })
        assert.equal((await weights(page)).length, 5)
        assert.equal(await page.$eval('#matches', (output) => output.textContent), '')
      }))
  })

  describe('the theme', () => {
    const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const [light, dark] = ['rgb(246, 246, 243)', 'rgb(13, 15, 19)']

    it('follows the system until the button says otherwise', () =>
      look('everything', { theme: 'dark' }, async (page) => {
        const button = () => page.$eval('#theme-name', (label) => label.textContent)
        assert.deepEqual([await ground(page), await button()], [dark, 'auto'])
        await page.click('#theme')
        assert.deepEqual([await ground(page), await button()], [light, 'light'])
        await page.click('#theme')
        assert.deepEqual([await ground(page), await button()], [dark, 'dark'])
        await page.reload()
        assert.deepEqual([await ground(page), await button()], [dark, 'dark'])
        await page.focus('#theme')
        await page.keyboard.press('Enter')
        assert.equal(await button(), 'auto')
      }))
  })

  describe('the tiles', () => {
    const width = (page: Page, label: string) =>
      page.$eval(`#icicle-0 .tile[aria-label^="${label}:"]`, (tile) =>
        tile.checkVisibility()
          ? Math.round((100 * tile.getBoundingClientRect().width) / (tile.parentElement?.clientWidth ?? 1))
          : 0,
      )

    it('become as wide as the page by a click, and go back', () =>
      look('everything', {}, async (page) => {
        assert.deepEqual([await width(page, 'Gemm'), await width(page, 'Conv')], [96, 4])
        await page.click('#icicle-0 .tile[aria-label^="Conv:"]')
        assert.deepEqual([await width(page, 'Gemm'), await width(page, 'Conv')], [0, 100])
        assert.equal(await width(page, 'conv2.weight'), 94)
        await page.click('#icicle-0 .tile')
        assert.deepEqual([await width(page, 'Gemm'), await width(page, 'Conv')], [96, 4])
      }))

    it('have a word in them wherever it fits, also in a tree that is chosen later, and in a narrow window', () =>
      look('everything', {}, async (page) => {
        const words = () =>
          page.$$eval('#icicle-2 .tile text', (all) => all.filter((t) => t.checkVisibility()).map((t) => t.textContent))
        await page.click('label[for=tree-2]')
        assert.deepEqual(await words(), ['model', 'fc1.weight', 'fc2.weight', 'conv2.weight'])
        await page.setViewport({ width: 400, height: 800 })
        await page.waitForFunction(() => document.querySelectorAll('#icicle-2 .tiny').length === 3)
        assert.deepEqual(await words(), ['model', 'fc1.weight', 'fc2.weight'])
      }))

    it('are one stop of the Tab key; arrows go from one to the next, Enter chooses, Escape leads back', () =>
      look('everything', {}, async (page) => {
        const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.split(':')[0])
        assert.equal((await page.$$('#icicle-0 [tabindex="0"]')).length, 1)
        await page.$eval('#icicle-0 .tile', (tile) => (tile as SVGElement).focus()) // all tiles are
        await page.keyboard.press('ArrowDown')
        assert.equal(await focused(), 'Gemm')
        await page.keyboard.press('ArrowRight')
        assert.equal(await focused(), 'Conv')
        await page.keyboard.press('ArrowDown')
        assert.equal(await focused(), 'conv2.weight')
        await page.keyboard.press('Enter')
        assert.equal(await width(page, 'conv2.weight'), 100)
        await page.keyboard.press('ArrowUp')
        assert.equal(await focused(), 'Conv')
        await page.keyboard.press('Escape')
        assert.deepEqual([await focused(), await width(page, 'Conv')], ['model', 4])
      }))
  })

  it('mark in the navigation the section that is read, and put the focus where a link leads', () =>
    look('everything', {}, async (page) => {
      await page.click('nav a[href="#table"]')
      await page.waitForFunction(() => document.querySelector('nav [aria-current]')?.textContent === 'Table')
      const top = await page.$eval('#table h2', (heading) => heading.getBoundingClientRect().top)
      assert.ok(top > 52 && top < 300, `${top}`) // below the bar that stays
    }))

  it('copy the command line', () =>
    look('everything', {}, async (page) => {
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', {
          value: { writeText: async (text: string) => document.body.setAttribute('data-copied', text) },
        })
      })
      await page.click('[data-copy]')
      const button = await page.waitForSelector('::-p-text(Copied)')
      assert.ok(button)
      assert.equal(
        await page.evaluate(() => document.body.getAttribute('data-copied')),
        'mcompress prune fixtures/lenet5.onnx --sparsity 0.8 -o out/lenet5.pruned.onnx',
      )
      assert.equal(await page.$eval('[data-copy]', (button) => button.textContent), 'Copied')
    }))

  it('print everything on white: nothing folded, cut off or left to a script', () =>
    look('everything', { theme: 'dark' }, async (page) => {
      await page.pdf({ path: join(SCREENSHOTS, 'everything.pdf'), format: 'A4', printBackground: true })
      await page.emulateMediaType('print')
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
      const hidden = await page.evaluate(() =>
        [...document.querySelectorAll('section, section h2, figure, details p, .choosable, tbody tr')]
          .filter((part) => !part.checkVisibility({ contentVisibilityAuto: true }))
          .map((part) => part.outerHTML.slice(0, 100)),
      )
      assert.deepEqual(hidden, [])
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)')
      assert.equal(await page.$eval('.bar', (bar) => bar.checkVisibility()), false)
      assert.deepEqual(await weakContrasts(page), [])
      await page.evaluate(() => dispatchEvent(new Event('afterprint')))
      assert.equal(await page.$$eval('details[open]', (open) => open.length), 0)
      assert.ok(statSync(join(SCREENSHOTS, 'everything.pdf')).size > 20_000)
    }))
})

describe('launch', () => {
  it('fails where there is no Chromium, and says how to get one', () => {
    const before = process.env.CHROME_PATH
    process.env.CHROME_PATH = '/nowhere/chrome'
    try {
      assert.throws(() => launch(), /There is no Chromium at \/nowhere\/chrome\. Install it \(apt-get install/)
    } finally {
      if (before === undefined) delete process.env.CHROME_PATH
      else process.env.CHROME_PATH = before
    }
  })
})
