import { benchSection } from '../markdown/bench.js'
import type { BenchForm } from './form.js'

export const md = {
  name: 'md',
  summary: 'the table, in GitHub Markdown',
  write: (report) => `${benchSection(report).join('\n')}\n`,
} satisfies BenchForm
