import { Flags } from '@oclif/core'
import type { Pass } from '../passes/pass.js'
import { BaseCommand } from './command.js'

export class Passes extends BaseCommand {
  static override summary = 'List what there is: passes, metrics, data formats, ops.'
  static override usage = 'passes [FLAGS]'
  static override examples = [
    '<%= config.bin %> passes',
    '<%= config.bin %> passes --ops',
    '<%= config.bin %> passes --json',
  ]
  static override flags = {
    ops: Flags.boolean({ summary: 'List the ops instead, and what is known of each.' }),
    json: Flags.boolean({ summary: 'Print JSON.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Passes)
    const lines = flags.ops ? await opTable() : await everything()
    process.stdout.write(flags.json ? `${JSON.stringify(lines, null, 2)}\n` : await textOf(lines))
  }
}

type Sections = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>

async function everything(): Promise<Sections> {
  const [{ passes }, { metrics }, { loaders }, { FORMS }] = await Promise.all([
    import('../passes/index.js'),
    import('../metrics/find.js'),
    import('../data/open.js'),
    import('../report/index.js'),
  ])
  return {
    passes: passes.map((pass) => ({ name: pass.command, promises: promisesOf(pass), summary: pass.summary })),
    metrics: metrics.map(({ name, needs, summary }) => ({ name, needs, summary })),
    data: loaders.map(({ name, summary }) => ({ name, summary })),
    reports: FORMS.map(({ name, ending, summary }) => ({ name, ending, summary })),
  }
}

function promisesOf({ traits }: Pass): string {
  const { outputs, idempotent, bytes, needs } = traits
  return [
    `outputs ${outputs}`,
    ...(idempotent ? ['idempotent'] : []),
    bytes === 'never-more' ? 'never larger' : 'may grow',
    ...needs.map((need) => `needs ${need}`),
  ].join(', ')
}

async function opTable(): Promise<Sections> {
  const { ops } = await import('../ops/index.js')
  return {
    ops: ops.flatMap(({ types, weights, macs, upgrade = {} }) =>
      types.map((type) => ({
        op: type,
        weights: weights ? 'yes' : '-',
        macs: macs ? 'yes' : '-',
        upgrade: Object.keys(upgrade).join(', ') || '-',
      })),
    ),
  }
}

async function textOf(sections: Sections): Promise<string> {
  const [{ terminalOptions }, { layoutTable }, { line, paintLine }] = await Promise.all([
    import('../report/terminal.js'),
    import('../report/text/table.js'),
    import('../report/text/line.js'),
  ])
  const { width } = terminalOptions('stdout')
  const section = ([title, rows]: [string, Sections[string]]) => {
    const keys = Object.keys(rows[0] ?? {})
    const columns = keys.map((key) => ({ title: key, align: 'left', yields: 'wrap' }) as const)
    const cells = rows.map((row) => keys.map((key) => line(row[key] ?? '')))
    const lines = layoutTable(columns, cells, { width, indent: 2, titles: true })
    return [title.toUpperCase(), ...lines.map((each) => paintLine(each, (text) => text))].join('\n')
  }
  return `${Object.entries(sections).map(section).join('\n\n')}\n`
}
