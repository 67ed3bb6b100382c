import type { Unmodelled } from '../../ir/attr.js'
import { graphs, valuesOf } from '../../ir/walk.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/** The fields of a message that hold texts for people: exporters put the stack of each call there. */
const FIELDS = ['docString', 'metadataProps'] as const

/**
 * Texts on nodes, graphs and the values inside change nothing that is computed. Those on the model, its inputs and its
 * outputs are a part of how it is used (names of classes, formats of images) and stay.
 */
export const notes = defineRule({
  name: 'notes',
  apply: (edit) => {
    for (const graph of graphs(edit.model)) {
      for (const node of graph.nodes) strip(edit, node.label, node.extra, (extra) => edit.model.annotate(node, extra))
      if (graph.owner === null) strip(edit, graph.name, graph.extra, (extra) => edit.model.annotate(graph, extra))
      for (const value of valuesOf(graph)) {
        const isInput = value.graph === edit.model.main && value.producer === null
        if (!isInput) strip(edit, value.name, value.extra, (extra) => edit.model.declare(value, value.declared, extra))
      }
    }
  },
})

function strip(edit: Edit, target: string, extra: Unmodelled, set: (extra: Unmodelled) => void): void {
  if (!FIELDS.some((field) => isFilled(extra[field]))) return
  edit.change(target, 'notes removed')
  set(Object.fromEntries(Object.entries(extra).filter(([key]) => !FIELDS.some((field) => field === key))))
}

function isFilled(field: unknown): boolean {
  return Array.isArray(field) || typeof field === 'string' ? field.length > 0 : false
}
