import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Command, Interfaces } from '@oclif/core'
import { COMMANDS } from '../src/commands/index.js'
import { loaders } from '../src/data/open.js'
import { encodings } from '../src/encodings/index.js'
import { metrics } from '../src/metrics/find.js'
import { ops } from '../src/ops/index.js'
import { passes } from '../src/passes/index.js'
import { RULES } from '../src/rewrites/rules/rule.js'

/**
 * Fills the parts of the pages in docs/ that come from the tables of the code: between
 * `<!-- generated: NAME -->` and `<!-- end -->`. A test compares them with what this makes.
 */
export function rendered(page: string): string {
  return page.replace(
    /(<!-- generated: ([\w :-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}\n${section(name)}\n\n${end}`,
  )
}

export function pages(): string[] {
  return readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
}

function section(name: string): string {
  const [kind = '', id = ''] = name.split(': ')
  if (kind === 'flags') return flagTables(id)
  const make = SECTIONS[kind]
  if (make === undefined) throw new Error(`docs/build.ts knows no section "${name}".`)
  return make()
}

const SECTIONS: Readonly<Record<string, () => string>> = {
  rules: () =>
    table(
      ['Rule', 'Does'],
      Object.entries(RULES).map(([name, summary]) => [`\`${name}\``, summary]),
    ),
  encodings: () =>
    table(
      ['Encoding', 'Stores'],
      Object.values(encodings).map(({ name, summary }) => [`\`${name}\``, summary]),
    ),
  passes: () =>
    table(
      ['Pass', 'Does', 'Promises', 'Source'],
      passes.map(({ command, summary, traits, source }) => [
        `\`${command}\``,
        summary,
        `outputs ${traits.outputs}, ${traits.bytes === 'never-more' ? 'never a larger file' : 'the file may grow'}`,
        source,
      ]),
    ),
  metrics: () =>
    table(
      ['Metric', 'Needs', 'Better', 'Means', 'Source'],
      metrics.map((m) => [`\`${m.name}\``, m.needs, m.better, m.summary, m.source]),
    ),
  data: () =>
    loaders
      .map(({ name, summary, options }) =>
        [
          `### ${name}\n\n${summary}.`,
          ...(options.length === 0
            ? []
            : [
                table(
                  ['Option', 'Means'],
                  options.map((o) => [`\`${o.key}=${o.value}\``, o.summary]),
                ),
              ]),
        ].join('\n\n'),
      )
      .join('\n\n'),
  ops: () =>
    table(
      ['Op', 'Weights', 'MACs', 'Channels', 'Upgrade rules'],
      ops.flatMap(({ types, weights, macs, couple, upgrade = {} }) =>
        types.map((type) => [
          `\`${type}\``,
          weights ? 'known' : 'none',
          macs ? 'counted' : 'none',
          typeof couple === 'function' ? 'followed' : 'kept',
          Object.keys(upgrade).join(', ') || 'none',
        ]),
      ),
    ),
}

function flagTables(id: string): string {
  const command = (COMMANDS as Record<string, Command.Class>)[id.replaceAll(' ', ':')]
  if (command === undefined) throw new Error(`There is no command "${id}".`)
  const groups = new Map<string, string[][]>()
  for (const [name, flag] of Object.entries(command.flags as Record<string, Interfaces.OptionFlag<string>>)) {
    const group = flag.helpGroup ?? 'COMMAND'
    groups.set(group, [...(groups.get(group) ?? []), [flagText(name, flag), flag.summary ?? '']])
  }
  return [...groups]
    .map(([group, rows]) => `**${group[0]}${group.slice(1).toLowerCase()}**\n\n${table(['Flag', 'Does'], rows)}`)
    .join('\n\n')
}

function flagText(name: string, flag: Interfaces.OptionFlag<string>): string {
  const long = 'allowNo' in flag && flag.allowNo ? `--[no-]${name}` : `--${name}`
  const value = typeof flag.helpValue === 'string' ? ` ${flag.helpValue}` : ''
  return `\`${flag.char ? `-${flag.char}, ` : ''}${long}${value}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')
}

if (process.argv[1]?.endsWith('docs/build.js')) {
  for (const path of pages()) writeFileSync(path, rendered(readFileSync(path, 'utf8')))
}
