import { Command, Flags } from '@oclif/core'
import type { Pass } from '../passes/pass.js'

export class Passes extends Command {
  static override summary = 'List what there is: passes, metrics, data formats, ops.'
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
    process.stdout.write(flags.json ? `${JSON.stringify(lines, null, 2)}\n` : textOf(lines))
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
    ops: ops.flatMap(({ types, weights, macs }) =>
      types.map((type) => ({ op: type, weights: weights ? 'yes' : '-', macs: macs ? 'yes' : '-' })),
    ),
  }
}

function textOf(sections: Sections): string {
  return Object.entries(sections)
    .map(([title, rows]) => {
      const keys = Object.keys(rows[0] ?? {})
      const widths = keys.map((key) => Math.max(...rows.map((row) => (row[key] ?? '').length), key.length))
      const line = (cells: readonly string[]) =>
        `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()
      return [title.toUpperCase(), line(keys), ...rows.map((row) => line(keys.map((key) => row[key] ?? '')))].join('\n')
    })
    .join('\n\n')
    .concat('\n')
}
