import type { Page } from 'puppeteer-core'

export interface Contrast {
  readonly text: string
  readonly ratio: number
  /** What WCAG 2.2 asks for, level AA: 4.5, or 3 for large text. */
  readonly least: number
}

/**
 * Texts that stand out too little from what is behind them, by the colours that the browser computed.
 *
 * @see WCAG 2.2, 1.4.3 and the definition of relative luminance
 */
export function weakContrasts(page: Page): Promise<Contrast[]> {
  return page.evaluate(() => {
    type Color = readonly [r: number, g: number, b: number, a: number]
    const parse = (text: string): Color => {
      const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
      return [r, g, b, a]
    }
    const over = ([r, g, b, a]: Color, [R, G, B]: Color): Color => [
      r * a + R * (1 - a),
      g * a + G * (1 - a),
      b * a + B * (1 - a),
      1,
    ]
    const luminance = (color: Color): number => {
      const [r = 0, g = 0, b = 0] = color.slice(0, 3).map((value) => {
        const c = value / 255
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    /** Of a tile its rectangle, elsewhere the backgrounds of the ancestors, the nearest on top. */
    const ground = (element: Element | null): Color => {
      if (element === null) return [255, 255, 255, 1]
      const rect = element.matches('.tile') ? element.querySelector('rect') : null
      const own = parse(rect ? getComputedStyle(rect).fill : getComputedStyle(element).backgroundColor)
      return own[3] === 1 ? own : over(own, ground(element.parentElement))
    }
    const found: { text: string; ratio: number; least: number }[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (text === '' || element === null || element.closest('script,style,title,desc,.unseen')) continue
      if (!element.checkVisibility()) continue
      const style = getComputedStyle(element)
      const behind = ground(element)
      const color = over(parse(element instanceof SVGElement ? style.fill : style.color), behind)
      const [light = 0, dark = 0] = [luminance(color), luminance(behind)].sort((a, b) => b - a)
      const ratio = (light + 0.05) / (dark + 0.05)
      const size = Number.parseFloat(style.fontSize)
      const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5
      if (ratio < least) found.push({ text: text.slice(0, 40), ratio: Math.round(ratio * 100) / 100, least })
    }
    return found
  })
}

/** Images that nobody who cannot see them gets to know of, and interactive parts without a name. */
export function nameless(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const name = (element: Element) => {
      const ids = element.getAttribute('aria-labelledby')?.split(' ') ?? []
      const referred = ids.map((id) => document.getElementById(id)?.textContent ?? '').join('')
      return referred || element.getAttribute('aria-label') || element.querySelector(':scope>title')?.textContent
    }
    const images = [...document.querySelectorAll('svg')].filter(
      (svg) => svg.getAttribute('aria-hidden') !== 'true' && !svg.parentElement?.closest('svg'),
    )
    const controls = [...document.querySelectorAll('button,a,input,[role=button],[tabindex],table,summary')].filter(
      (control) => {
        const label = control instanceof HTMLInputElement ? control.labels?.[0]?.textContent : control.textContent
        return !(name(control) || label?.trim())
      },
    )
    return [...images.filter((svg) => !name(svg)?.trim()), ...controls].map((e) => e.outerHTML.slice(0, 120))
  })
}

/** The levels of the headings, in order. */
export function headingLevels(page: Page): Promise<number[]> {
  return page.evaluate(() => [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName.slice(1))))
}

/** Elements that make the page wider than the window. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return []
    return [...document.querySelectorAll('body *')]
      .filter((e) => !e.closest('.wide,nav,svg') && e.getBoundingClientRect().right > innerWidth + 1)
      .map((e) => e.outerHTML.slice(0, 120))
  })
}
