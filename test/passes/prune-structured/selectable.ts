import { float32, type Sketch, sketch } from '../../../fixtures/sketch.js'
import { Costs } from '../../../src/analysis/dependencies/costs.js'
import { dependenciesOf } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { tensorType } from '../../../src/ir/type.js'
import type { PassContext } from '../../../src/passes/pass.js'
import type { Subject } from '../../../src/passes/prune-structured/importance/importance.js'
import { pruneStructured, type Values } from '../../../src/passes/prune-structured/index.js'
import { type Selectable, type Selection, select } from '../../../src/passes/prune-structured/select.js'
import { makeStep } from '../../../src/recipe/recipe.js'
import type { Raw } from '../models.js'

export type Matrix = readonly (readonly number[])[]

/** Options as they are given on the command line, by the keys of recipes. */
export function valuesOf(raw: Raw = {}): Values {
  return makeStep(pruneStructured, raw, (option) => `--${option}`).values as Values // by its own options
}

export async function selectableOf(model: Model): Promise<Selectable> {
  const shapes = await inferShapes(model)
  const dependencies = dependenciesOf(model, shapes, await inferShapes(model, { open: true }))
  return { dependencies, shapes, costs: new Costs(dependencies, shapes) }
}

export async function subjectOf(model: Model, context: Partial<PassContext> = {}): Promise<Subject> {
  const { dependencies, shapes } = await selectableOf(model)
  return { dependencies, shapes, samples: null, context: contextOf(context) }
}

export async function selected(model: Model, raw: Raw = {}, context: Partial<PassContext> = {}): Promise<Selection> {
  return select(await selectableOf(model), valuesOf(raw), contextOf(context))
}

function contextOf(context: Partial<PassContext>): PassContext {
  return { seed: 0, folder: () => Promise.reject(new Error('No files are needed.')), ...context }
}

/** Units that go, by number: in small chains they are numbered as channels are, layer after layer. */
export function gone({ removal }: Pick<Selection, 'removal'>): number[] {
  return [...removal.keys()].filter((unit) => removal[unit] === 1)
}

/** y = relu(x A) B..., each matrix [in, out]; layers are called fc0, fc1, ... and their weights fc0.w, ... */
export function chain(...matrices: readonly Matrix[]): Model {
  const s = sketch('chain')
  let x = s.input('x', [1, matrices[0]?.length ?? 0])
  for (const [i, matrix] of matrices.entries()) {
    x = s.node('MatMul', `fc${i}`, [x, weight(s, `fc${i}.w`, matrix)])
    if (i < matrices.length - 1) x = s.node('Relu', `relu${i}`, [x])
  }
  s.output('y', x, tensorType('float32', [1, matrices.at(-1)?.[0]?.length ?? 0]))
  return s.model
}

export function weight(s: Sketch, name: string, matrix: Matrix): Value {
  return s.constant(name, float32([matrix.length, matrix[0]?.length ?? 0], matrix.flat()))
}

/** A chain of layers of these widths, whose channels matter more the higher their number is. */
export function rising(...widths: readonly number[]): Model {
  return chain(
    ...widths.slice(1).map((width, layer) =>
      Array.from({ length: widths[layer] ?? 0 }, (_, i) =>
        // What reads a channel grows as what makes it.
        Array.from({ length: width }, (_, o) => (layer === 0 ? 1 : i + 1) * (layer + 2 === widths.length ? 1 : o + 1)),
      ),
    ),
  )
}
