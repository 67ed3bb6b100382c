import process from 'node:process'
import { Chalk, supportsColor, supportsColorStderr } from 'chalk'
import type { Runs } from './content/runs.js'
import { DEFAULT_RENDER_OPTIONS, type Form, type RenderOptions } from './form.js'
import type { Report } from './report.js'
import { reportLines } from './text/document.js'
import { type Line, type Paint, paintLine, type Tone } from './text/line.js'
import { runsLines } from './text/runs.js'

/** Tables do not get narrower; a terminal that is breaks their lines. */
const LEAST_WIDTH = 60

/** For people: what came out, before and after, in aligned tables. */
export const terminal = {
  name: 'terminal',
  ending: '.txt',
  summary: 'plain text, as in the terminal',
  render(report: Report, given: Partial<RenderOptions> = {}): string {
    return painted(given, (options) => reportLines(report, options))
  },
  renderRuns(runs: Runs, given: Partial<RenderOptions> = {}): string {
    return painted(given, (options) => runsLines(runs, options))
  },
} satisfies Form

function painted(given: Partial<RenderOptions>, lines: (options: RenderOptions) => readonly Line[]): string {
  const options = { ...DEFAULT_RENDER_OPTIONS, ...given }
  const width = Math.max(LEAST_WIDTH, options.width)
  const paint = options.color ? colored() : plain
  return `${lines({ ...options, width })
    .map((line) => paintLine(line, paint))
    .join('\n')}\n`
}

/**
 * How to render for a stream of this process: what chalk finds out (a TTY, `FORCE_COLOR`, `TERM=dumb`, CI), and
 * `NO_COLOR`, which chalk leaves to its users. As in Node.js, `FORCE_COLOR` is the stronger one.
 *
 * @see https://no-color.org
 */
export function terminalOptions(stream: 'stdout' | 'stderr'): Pick<RenderOptions, 'color' | 'width'> {
  const { NO_COLOR = '', FORCE_COLOR, COLUMNS } = process.env
  const supported = stream === 'stdout' ? supportsColor : supportsColorStderr
  const refused = NO_COLOR !== '' && FORCE_COLOR === undefined
  const columns = process[stream].columns ?? Number.parseInt(COLUMNS ?? '', 10)
  return {
    color: supported !== false && !refused,
    width: columns > 0 ? columns : DEFAULT_RENDER_OPTIONS.width,
  }
}

const plain: Paint = (text) => text

/** The sixteen colours of the terminal's own palette, so that they suit its background. */
function colored(): Paint {
  const chalk = new Chalk({ level: 1 })
  const styles: Readonly<Record<Tone, (text: string) => string>> = {
    strong: chalk.bold,
    dim: chalk.dim,
    better: chalk.green,
    worse: chalk.red,
    caution: chalk.yellow,
    accent: chalk.cyan,
  }
  return (text, tone) => styles[tone](text)
}
