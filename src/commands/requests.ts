import { UsageError } from '../errors.js'
import { missingData } from '../passes/pass.js'
import type { Learning } from '../recipe/learning.js'
import type { Engine, Evaluation } from '../recipe/measure.js'

/** What the flags of flags.ts parse to, as far as commands share them. Those without a default may be missing. */
export interface EngineFlags {
  readonly dim?: readonly string[] | undefined
  readonly provider?: string | undefined
  readonly threads?: number | undefined
  readonly seed: number
}

export interface EvaluationFlags {
  readonly metric?: readonly string[] | undefined
  readonly 'batch-size'?: number | undefined
  readonly limit?: number | undefined
  readonly bind?: readonly string[] | undefined
  readonly label?: string | undefined
}

export function engineOf(flags: EngineFlags): Engine {
  return {
    dims: dimsOf(flags.dim),
    seed: flags.seed,
    provider: flags.provider ?? null,
    threads: flags.threads ?? null,
  }
}

/** @throws UsageError */
export function dimsOf(texts: readonly string[] = []): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = pair(text, '--dim', 'NAME=N', 'batch=8')
      const n = Number(value)
      if (Number.isSafeInteger(n) && n > 0) return [name, n]
      throw new UsageError(`--dim is "${text}"; the value must be a whole number above 0.`, {
        suggestions: ['For example --dim batch=8.'],
      })
    }),
  )
}

/**
 * @param given  names of the flags on the command line: without data they make no sense there, while a
 *               configuration file may hold them for other commands
 * @param flag   what names the data in this command
 * @returns      null without data
 * @throws UsageError
 */
export function evaluationOf(
  data: string | undefined,
  flags: EvaluationFlags,
  given: ReadonlySet<string>,
  flag = '--eval-data',
): Evaluation | null {
  if (data === undefined) {
    const useless = (['metric', 'limit', 'batch-size', 'bind', 'label'] as const).find((name) => given.has(name))
    if (useless === undefined) return null
    throw new UsageError(`--${useless} says how to use data, but there is none.`, {
      suggestions: [`Add ${flag} SPEC, for example ${flag} test.npz.`],
    })
  }
  return {
    data,
    metrics: flags.metric ?? [],
    batchSize: flags['batch-size'] ?? null,
    limit: flags.limit ?? null,
    binds: bindsOf(flags.bind),
    label: flags.label ?? null,
  }
}

/** What a run learns from, and what it is judged on. */
export interface DataRoles {
  readonly learning: Learning | null
  readonly evaluation: Evaluation | null
}

/**
 * `--data` is what a pass learns from, `--eval-data` what the result is judged on: without it a part of `--data` is
 * held out. A pass that learns nothing is judged on either.
 *
 * @param learns  what needs data to learn from: `--criterion wanda`; null when nothing does
 * @throws UsageError
 */
export function dataRolesOf(
  learns: string | null,
  flags: EvaluationFlags & { readonly data?: string | undefined; readonly 'eval-data'?: string | undefined },
  given: ReadonlySet<string>,
): DataRoles {
  const { data, 'eval-data': judged } = flags
  if (learns === null) return { learning: null, evaluation: evaluationOf(judged ?? data, flags, given) }
  if (data === undefined) throw missingData(learns)
  const learning = evaluationOf(data, flags, given, '--data')
  const evaluation = judged === undefined ? null : evaluationOf(judged, flags, given)
  return {
    learning: learning && { ...learning, part: evaluation === null ? 'learned' : 'all' },
    evaluation: evaluation ?? (learning && { ...learning, part: 'held-out' }),
  }
}

/** Input name to field name. @throws UsageError */
export function bindsOf(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(texts.map((text) => pair(text, '--bind', 'INPUT=FIELD', 'image=x')))
}

/** Input name to the number that it is filled with. @throws UsageError */
export function fillsOf(texts: readonly string[] = []): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = pair(text, '--fill', 'INPUT=NUMBER', 'sr=16000')
      if (value.trim() !== '' && Number.isFinite(Number(value))) return [name, Number(value)]
      throw new UsageError(`--fill is "${text}"; the value must be a number.`, {
        suggestions: ['For example --fill sr=16000.'],
      })
    }),
  )
}

function pair(text: string, flag: string, form: string, example: string): [string, string] {
  const at = text.lastIndexOf('=')
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`${flag} is "${text}"; it must be ${form}.`, {
    suggestions: [`For example ${flag} ${example}.`],
  })
}
