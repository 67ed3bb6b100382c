/** A colour in the light and in the dark theme. Texts reach a contrast of 4.5 on every ground that they stand on. */
type Tone = readonly [light: string, dark: string]

/** One accent; grey is how it was; green and red only judge. */
const TONES: Readonly<Record<string, Tone>> = {
  ground: ['#f6f6f3', '#0d0f13'],
  surface: ['#ffffff', '#15181e'],
  raised: ['#fbfbf9', '#1b1f27'],
  ink: ['#15171c', '#eceef3'],
  quiet: ['#5a6170', '#a0a8b8'],
  line: ['#e3e3dd', '#282d37'],
  track: ['#ecece7', '#232832'],
  accent: ['#4338ca', '#a5a1ff'],
  'accent-soft': ['#e9e8fc', '#262552'],
  'accent-ink': ['#ffffff', '#14132e'],
  before: ['#9298a5', '#737b8c'],
  better: ['#08704a', '#56d39b'],
  'better-soft': ['#e2f4eb', '#10291f'],
  worse: ['#b3261e', '#ff9a90'],
  'worse-soft': ['#fdebe9', '#38191a'],
  caution: ['#7d5200', '#f2bd4b'],
  'caution-soft': ['#fdf3dc', '#33270c'],
  'part-1': ['#efeefc', '#1e1d3d'],
  'part-2': ['#dedcf9', '#272552'],
  'part-3': ['#c8c4f4', '#322f6a'],
  'part-4': ['#aea8ee', '#3f3b83'],
}

/**
 * The colours as custom properties: by what the system prefers, unless the page was told otherwise; on paper light.
 */
export function themeStyle(): string {
  const of = (i: 0 | 1) =>
    Object.entries(TONES)
      .map(([name, tone]) => `--${name}:${tone[i]}`)
      .join(';')
  const [light, dark] = [`color-scheme:light;${of(0)}`, `color-scheme:dark;${of(1)}`]
  return [
    `:root{${light}}`,
    `@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}`,
    `@media screen{:root[data-theme=dark]{${dark}}}`,
  ].join('\n')
}
