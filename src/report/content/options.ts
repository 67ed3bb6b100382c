import type { Report, StepReport } from '../report.js'

/** The options of a step that are set, each as `name value`; a flag that is on is its name alone. */
export function optionTexts(step: StepReport): readonly string[] {
  return setOptions(step).map(([name, value]) => (value === true ? name : `${name} ${valueText(value)}`))
}

/** The options of a step that are set, each with its value as text. */
export function optionEntries(step: StepReport): readonly (readonly [name: string, value: string])[] {
  return setOptions(step).map(([name, value]) => [name, value === true ? 'on' : valueText(value)])
}

/** Named as their flags are. */
function setOptions({ options }: StepReport): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(options)
    .filter(([, value]) => !isUnset(value))
    .map(([name, value]) => [kebabCase(name), value])
}

/** How an option is called on the command line. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
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
