import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Draws what a command printed, colours included, as an SVG for the README:
 *
 *   FORCE_COLOR=1 npm run -s demo | node dist/docs/picture.js "mcompress prune ..." docs/prune.svg
 */
export function picture(command: string, text: string): string {
  const lines = [`\u001b[32m$\u001b[39m \u001b[1m${command}\u001b[22m`, '', ...text.trimEnd().split('\n')]
  const columns = Math.max(...lines.map((line) => line.replace(SGR, '').length))
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN)
  const height = Math.ceil(lines.length * CELL.height + 2 * MARGIN + BAR)
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (c, i) => `<circle cx="${20 + 20 * i}" cy="18" r="6" fill="${c}"/>`,
  )
  const rows = lines.map((line, i) => {
    const y = BAR + MARGIN + (i + 0.75) * CELL.height
    return `<text x="${MARGIN}" y="${y.toFixed(1)}" xml:space="preserve">${spans(line)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(command)}</title>`,
    `<rect width="100%" height="100%" rx="10" fill="#161b22"/>`,
    ...dots,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

const CELL = { width: 8.43, height: 20 }
const MARGIN = 20
const BAR = 28
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const SGR = /\u001b\[([0-9;]*)m/g

const COLORS: Readonly<Record<string, string>> = { 31: '#ff7b72', 32: '#3fb950', 33: '#d29922', 36: '#39c5cf' }

function spans(line: string): string {
  let style = { color: '', bold: false, dim: false }
  let at = 0
  let out = ''
  let column = 0
  const flush = (text: string) => {
    if (text === '') return
    const fill = style.color || (style.dim ? '#8b949e' : '')
    const attrs = `${fill ? ` fill="${fill}"` : ''}${style.bold ? ' font-weight="bold"' : ''}`
    // Each run has its own place, so that a font with other widths does not shift the columns.
    out += `<tspan x="${(MARGIN + column * CELL.width).toFixed(1)}"${attrs}>${escaped(text)}</tspan>`
    column += text.length
  }
  for (const match of line.matchAll(SGR)) {
    flush(line.slice(at, match.index))
    at = match.index + match[0].length
    for (const code of (match[1] ?? '').split(';')) {
      if (code === '' || code === '0') style = { color: '', bold: false, dim: false }
      else if (code === '1') style = { ...style, bold: true }
      else if (code === '2') style = { ...style, dim: true }
      else if (code === '22') style = { ...style, bold: false, dim: false }
      else if (code === '39') style = { ...style, color: '' }
      else style = { ...style, color: COLORS[code] ?? style.color }
    }
  }
  flush(line.slice(at))
  return out
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

if (process.argv[1]?.endsWith('docs/picture.js')) {
  const [command = '', target = ''] = process.argv.slice(2)
  writeFileSync(target, picture(command, readFileSync(0, 'utf8')))
}
