import { constantOf } from '../../ir/walk.js'
import { defineRule } from './rule.js'

/**
 * A Constant node says more than an initializer of the same name: an op, an attribute and mostly a name of its own.
 *
 *   node { Constant, output c, value T }   =>   initializer c = T
 *
 * Functions have no initializers, and before IR 4 each had to be an input as well: there the nodes stay.
 */
export const constants = defineRule({
  name: 'constants',
  apply: (edit) => {
    for (const node of edit.nodes('Constant')) {
      const [output] = node.outputs
      const tensor = output ? constantOf(output) : null
      const isSparse = [...node.attrs.values()].some((a) => a.kind === 'sparse-tensor')
      if (!output || tensor === null || isSparse || !edit.takesInitializers(node.graph)) continue
      // What is an output as well would need an Identity.
      if ([...output.uses].some((use) => 'slot' in use && use.slot.name !== output.name)) continue
      edit.change(node.label, 'Constant turned into an initializer')
      edit.model.freeze(output, tensor)
    }
  },
})
