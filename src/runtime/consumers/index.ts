import { UsageError } from '../../errors.js'
import { didYouMean } from '../../nearest.js'
import type { Consumer, Level } from './consumer.js'
import { node } from './node.js'
import { web } from './web.js'

/** Where a model may be loaded. */
export const consumers: readonly Consumer[] = [node, web]

export const LEVELS: readonly Level[] = ['disabled', 'basic', 'extended', 'all']

/** A consumer, and how far it optimizes graphs. */
export interface Target {
  readonly consumer: Consumer
  readonly level: Level
}

/**
 * `node`, `web`, `node:basic`; several with commas in between.
 *
 * @throws UsageError
 */
export function parseTargets(texts: readonly string[]): readonly Target[] {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim())
  return [...new Set(words)].map(parseTarget)
}

function parseTarget(text: string): Target {
  const [name = '', level = 'all', ...more] = text.split(':')
  const consumer = findConsumer(name)
  if (consumer === undefined) {
    throw new UsageError(`There is no target "${name}".`, {
      suggestions: didYouMean(
        name,
        consumers.map((each) => each.name),
        'targets',
      ),
    })
  }
  const known = LEVELS.find((each) => each === level)
  if (known === undefined || more.length > 0) {
    throw new UsageError(`Target "${text}": there is no level "${[level, ...more].join(':')}".`, {
      suggestions: didYouMean(level, LEVELS, 'levels of graph optimization'),
    })
  }
  return { consumer, level: known }
}

/** By the name that `--target` has for it. @throws Error when there is none: names come from the table */
export function requireConsumer(name: string): Consumer {
  const consumer = findConsumer(name)
  if (consumer === undefined) throw new Error(`There is no consumer "${name}".`)
  return consumer
}

function findConsumer(name: string): Consumer | undefined {
  return consumers.find((each) => each.name === name)
}
