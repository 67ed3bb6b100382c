import { passes } from '../passes/index.js'
import { Bench } from './bench.js'
import { Compare } from './compare.js'
import { Evaluate } from './evaluate.js'
import { Inspect } from './inspect.js'
import { passCommand } from './pass-command.js'
import { Passes } from './passes.js'
import { Report } from './report.js'

/** Every command, by its words joined with a colon. oclif takes this table (package.json, oclif.commands). */
export const COMMANDS = {
  ...Object.fromEntries(passes.map((pass) => [pass.command.replaceAll(' ', ':'), passCommand(pass)])),
  bench: Bench,
  compare: Compare,
  evaluate: Evaluate,
  inspect: Inspect,
  passes: Passes,
  report: Report,
}
