import type { Report, StepReport } from '../report.js'

/** The options of a step that are set, each as `name value`; a flag that is on is its name alone. */
export function optionTexts(step: StepReport): readonly string[] {
  return optionEntries(step).map(([name, value]) => (step.options[name] === true ? name : `${name} ${value}`))
}

/** The options of a step that are set, each with its value as text. */
export function optionEntries({ options }: StepReport): readonly (readonly [name: string, value: string])[] {
  return Object.entries(options)
    .filter(([, value]) => !isUnset(value))
    .map(([name, value]) => [name, value === true ? 'on' : valueText(value)])
}

/** Whether anything random may have happened. */
export function usesSeed({ steps, data, bench }: Report): boolean {
  return steps.length > 0 || data.length > 0 || bench !== null
}

function isUnset(value: unknown): boolean {
  return value === null || value === undefined || value === false || (Array.isArray(value) && value.length === 0)
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
