import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

const DEFAULT_PATH = '/usr/bin/chromium'
/** Pages and pictures of them, to be looked at; git ignores it. */
export const SCREENSHOTS = 'out/screenshots'

/**
 * A headless Chromium.
 *
 * @throws Error, with how to install it, where there is none: a test that passes without it would say nothing
 */
export function launch(): Promise<Browser> {
  const path = process.env.CHROME_PATH || DEFAULT_PATH
  try {
    accessSync(path, constants.X_OK)
  } catch (cause) {
    throw new Error(
      `There is no Chromium at ${path}. Install it (apt-get install -y --no-install-recommends chromium), ` +
        'or say where it is: CHROME_PATH=/path/to/chrome',
      { cause },
    )
  }
  // Its own sandbox does not start as root, which containers are; it opens nothing but our own pages.
  return puppeteer.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
}

export interface View {
  readonly width?: number
  readonly height?: number
  /** Device pixels for each CSS pixel. */
  readonly scale?: number
  readonly theme?: 'light' | 'dark'
  readonly script?: boolean
}

/** A page in its tab, with what it complained about and asked the network for. */
export interface Opened {
  readonly page: Page
  /** Console messages of any kind, and errors that nobody caught. */
  readonly complaints: readonly string[]
  /** Everything but the page itself. */
  readonly requests: readonly string[]
}

/** Opens a page from a file, as a user does who was sent it. */
export async function open(browser: Browser, name: string, text: string, view: View = {}): Promise<Opened> {
  const { width = 1280, height = 900, scale = 1, theme = 'light', script = true } = view
  mkdirSync(SCREENSHOTS, { recursive: true })
  const file = resolve(join(SCREENSHOTS, `${name}.html`))
  writeFileSync(file, text)
  const url = pathToFileURL(file).href
  const page = await browser.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (request.url() !== url) requests.push(request.url())
  })
  await page.setJavaScriptEnabled(script)
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ])
  await page.setViewport({ width, height, deviceScaleFactor: scale })
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  return { page, complaints, requests }
}
