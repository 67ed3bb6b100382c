import type { Rng } from '../../src/data/rng.js'
import { FONTS, type FontName } from './fonts.js'
import { pick } from './random-text.js'

/** Red, green, blue, 0..255. */
export type Rgb = readonly [number, number, number]

/** How a line of text looks, and what a camera and a file format did to it. Lengths are in heights of the text. */
export interface LineStyle {
  readonly font: FontName
  /** Between letters, in ems. */
  readonly spacing: number
  /** Width of the letters to what the font says. */
  readonly stretch: number
  /** Radians. */
  readonly rotation: number
  /** Sideways for each unit up. */
  readonly shear: number
  /** How much higher the right end is than the left one, as a share: text seen from the side. */
  readonly taper: number
  /** How far the middle hangs below the ends. */
  readonly sag: number
  readonly margins: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number }
  readonly ink: Rgb
  /** Of the left and the right end; between them the colour changes evenly. */
  readonly paper: readonly [Rgb, Rgb]
  /** A line below the text, through its descenders. */
  readonly ruled: boolean
  /** Pixels that the camera saw, from top to bottom. */
  readonly pixels: number
  /** Standard deviation in those pixels; 0 is sharp. */
  readonly blur: number
  /** Standard deviation, of 255. */
  readonly noise: number
  /** JPEG, 1..100. */
  readonly quality: number
}

/**
 * A look by lot. One number, the wear, drives most of it: many lines are clean, some are hard, few are hopeless.
 *
 * @param hardest  the wear of the worst lines; 1 is past what people read with ease
 */
export function randomStyle(rng: Rng, hardest: number): LineStyle {
  const wear = hardest * rng.uniform() ** 1.5
  const between = (low: number, high: number) => low + (high - low) * rng.uniform()
  const { ink, paper } = randomColours(rng, wear)
  return {
    font: pick(rng, FONTS),
    spacing: Math.max(-0.03, 0.03 * rng.normal()),
    stretch: between(0.8, 1.25),
    rotation: (0.008 + 0.04 * wear) * rng.normal(),
    shear: 0.12 * wear * rng.normal(),
    taper: 0.25 * wear * rng.normal(),
    sag: 0.1 * wear * rng.normal(),
    margins: {
      top: between(-0.1 * wear, 0.3),
      right: between(-0.1 * wear, 0.6),
      bottom: between(-0.1 * wear, 0.3),
      left: between(-0.1 * wear, 0.6),
    },
    ink,
    paper,
    ruled: rng.uniform() < 0.1,
    pixels: Math.round(between(36, 64) * (1 - wear) + between(7, 20) * wear),
    blur: wear * between(0, 1.6),
    noise: wear * between(0, 55),
    quality: Math.round(92 - wear * between(0, 82)),
  }
}

/** Dark on light or light on dark, a little coloured, the paper unevenly lit. */
function randomColours(rng: Rng, wear: number): Pick<LineStyle, 'ink' | 'paper'> {
  const contrast = 230 - wear * (60 + 150 * rng.uniform())
  const dark = rng.uniform() * (255 - contrast)
  const light = dark + contrast
  const [ink, paper] = rng.uniform() < 0.7 ? [dark, light] : [light, dark]
  const tint = (level: number): Rgb => [shade(rng, level), shade(rng, level), shade(rng, level)]
  const left = tint(paper)
  const slope = 40 * wear * rng.normal()
  return { ink: tint(ink), paper: [left, [level(left[0] + slope), level(left[1] + slope), level(left[2] + slope)]] }
}

function shade(rng: Rng, around: number): number {
  return level(around + 18 * rng.normal())
}

function level(value: number): number {
  return Math.round(Math.min(255, Math.max(0, value)))
}
