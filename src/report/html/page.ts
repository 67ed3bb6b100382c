import { createHash } from 'node:crypto'
import { type Content, html, Markup } from './markup.js'
import { PAGE_SCRIPT, THEME_SCRIPT } from './script.js'
import type { Section } from './section.js'
import { STYLE } from './style.js'
import { themeStyle } from './theme.js'

export interface Page {
  readonly title: string
  readonly head: Content
  readonly sections: readonly Section[]
  readonly footer: Content
}

/** A whole document in one text. It may run its own script and wear its own style, and load nothing at all. */
export function page({ title, head, sections, footer }: Page): string {
  const style = `${themeStyle()}\n${STYLE}`
  const policy = [
    `default-src 'none'`,
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(THEME_SCRIPT)} ${hashOf(PAGE_SCRIPT)}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ')
  const links = sections.map(({ id, short: text }) => html`<a href="#${id}">${text}</a>`)
  // Their texts are ours and hold nothing to escape; escaped, they would be no script and no style.
  const [ownStyle, ownTheme, ownScript] = [style, THEME_SCRIPT, PAGE_SCRIPT].map((text) => new Markup(text))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${ownStyle ?? null}</style>
<script>${ownTheme ?? null}</script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="bar"><div class="inner"><span class="brand">mcompress</span><nav aria-label="Sections">${links}</nav><button type="button" class="theme needs-script" id="theme" hidden><span aria-hidden="true">◐</span><span class="unseen">Theme: </span><span id="theme-name">auto</span></button></div></div>
<main id="main">
${head}
${sections.map(({ body }) => body)}</main>
<footer>${footer}</footer>
<script>${ownScript ?? null}</script>
</body>
</html>
`.text
}

/** How a content security policy knows an inline script or style. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
