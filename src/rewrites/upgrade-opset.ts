import { inferShapes } from '../analysis/shapes.js'
import { NothingToDoError, UnsupportedModelError, UsageError } from '../errors.js'
import { calledBy } from '../ir/calls.js'
import type { FunctionBody, Graph, Model, Node, Value } from '../ir/graph.js'
import { type Type, tensorType } from '../ir/type.js'
import { walk, withBodies } from '../ir/walk.js'
import { opOf } from '../ops/index.js'
import { opVersions } from '../ops/versions.js'
import { NodeUpgrade, Refusal, rootOf, type UpgradeScope } from './node-upgrade.js'

/** What can be upgraded to: ONNX Runtime runs no opset before these, and knows what changed up to there. */
export const OPSETS = { from: 7, to: 21 } as const

/**
 * The IR version that came with each version of ai.onnx.
 * @see https://github.com/onnx/onnx/blob/main/docs/Versioning.md
 */
const IR_VERSIONS: readonly { readonly opset: number; readonly ir: number }[] = [
  { opset: 1, ir: 3 },
  { opset: 9, ir: 4 },
  { opset: 10, ir: 5 },
  { opset: 11, ir: 6 },
  { opset: 12, ir: 7 },
  { opset: 15, ir: 8 },
  { opset: 19, ir: 9 },
  { opset: 21, ir: 10 },
]

/** From here on a caller may feed an input that has a default, which ONNX Runtime then does not take for a constant. */
const IR_OF_OVERRIDABLE_INPUTS = 4

/** So many nodes a message names. */
const MOST_REFUSED = 5

export interface UpgradeResult {
  readonly changed: readonly { readonly target: string; readonly what: string }[]
  readonly skipped: readonly { readonly target: string; readonly why: string }[]
}

/** Nodes that import the same version: those of the model, or of one function. */
interface Part {
  readonly graph: Graph
  readonly of: FunctionBody | undefined
  readonly from: number
}

/**
 * Writes a model for a later version of ai.onnx: every node of every graph and function says what it said before.
 * Other domains stay as they are. When it throws, the model is half changed: call it on a clone.
 *
 * @throws UsageError            the version is out of range, or earlier than the model's
 * @throws NothingToDoError      the model has that version
 * @throws UnsupportedModelError a node has no counterpart: says which, and why
 */
export async function upgradeOpset(model: Model, to: number): Promise<UpgradeResult> {
  check(model, to)
  const { opset, irVersion } = model
  const account: Account = { rewritten: new Map(), refused: new Map(), skipped: new Map() }
  const scope: UpgradeScope = { model, typeOf: await lastingTypes(model), constants: new Map() }
  for (const { graph, of, from } of partsOf(model)) {
    for (let version = from + 1; version <= to; version++) {
      for (const node of nodesOf(graph)) upgradeNode(node, version, scope, account)
    }
    if (from < to) model.setOpset('', to, of)
  }
  if (account.refused.size > 0) throw refusal(account.refused, to)
  raiseIrVersion(model, to)
  const ir = model.irVersion === irVersion ? '' : `, IR version ${irVersion} → ${model.irVersion}`
  return {
    changed: [
      { target: 'the model', what: `opset ${opset} → ${to}${ir}` },
      ...[...account.rewritten].map(([node, how]) => ({ target: node.label, what: said(node, how) })),
    ],
    skipped: [...account.skipped].map(([node, why]) => ({ target: node.label, why })),
  }
}

/** How a node came to be what it is. */
interface Rewritten {
  readonly was: string
  readonly versions: readonly number[]
}

interface Account {
  readonly rewritten: Map<Node, Rewritten>
  /** The reasons; a node that is refused is not looked at again. */
  readonly refused: Map<Node, string>
  readonly skipped: Map<Node, string>
}

function upgradeNode(node: Node, version: number, scope: UpgradeScope, account: Account): void {
  const { model } = scope
  const { rewritten, refused, skipped } = account
  if (node.domain !== '' || refused.has(node) || calledBy(model, node)) return
  if (!opVersions.has(node.op)) skipped.set(node, `${node.op} is no op of ONNX: left as it is`)
  const rule = opOf(node)?.upgrade?.[version]
  if (rule === undefined) return
  const { was, versions } = rewritten.get(node) ?? { was: node.op, versions: [] }
  const { version: untouched } = model
  try {
    rule(new NodeUpgrade(node, version, scope))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refused.set(node, error.message)
  }
  if (model.version > untouched) rewritten.set(node, { was, versions: [...versions, version] })
}

function check({ opset }: Model, to: number): void {
  const range = `${OPSETS.from} to ${OPSETS.to}`
  if (!Number.isInteger(to) || to < OPSETS.from || to > OPSETS.to) {
    throw new UsageError(`Opset ${to} is out of range: it must be one from ${range}.`, {
      suggestions: [`Leave the opset out for the latest, ${OPSETS.to}.`],
    })
  }
  if (opset === to) throw hasAlready(to)
  if (opset > to) {
    throw new UsageError(`The model has opset ${opset}; it cannot be brought down to ${to}.`, {
      suggestions: [
        opset < OPSETS.to ? `Choose an opset from ${opset + 1} to ${OPSETS.to}.` : 'Export it anew with that opset.',
      ],
    })
  }
  if (opset === 0) {
    throw new NothingToDoError('The model uses no version of ai.onnx: there is nothing to upgrade.', {
      suggestions: ['Leave it as it is.'],
    })
  }
}

/** @param opset  that of the model, as late as was asked for */
export function hasAlready(opset: number): NothingToDoError {
  return new NothingToDoError(`The model has opset ${opset} already.`, {
    suggestions: [
      opset < OPSETS.to ? `Ask for a later one, up to ${OPSETS.to}.` : 'There is no later one to upgrade to.',
    ],
  })
}

function refusal(refused: Account['refused'], to: number): UnsupportedModelError {
  const texts = [...refused].map(([node, why]) => `"${node.label}" (${node.op}): ${why}`)
  const more = texts.length > MOST_REFUSED ? `; and ${texts.length - MOST_REFUSED} more` : ''
  return new UnsupportedModelError(
    `The model cannot be upgraded to opset ${to}. ${texts.slice(0, MOST_REFUSED).join('; ')}${more}.`,
    { suggestions: ['Export the model anew with that opset, or change these nodes.'] },
  )
}

function partsOf(model: Model): Part[] {
  const functions = [...model.functions.values()].flatMap((f) => {
    const from = f.opsets.get('')
    return from === undefined ? [] : [{ graph: f.graph, of: f, from }]
  })
  return [{ graph: model.main, of: undefined, from: model.opset }, ...functions]
}

/** As they are now: what rules add is of the next version already. */
function nodesOf(graph: Graph): Node[] {
  return [...withBodies(graph)].flatMap((g) => [...g.nodes])
}

/** Types as ONNX Runtime infers them: extents only where they are the same for every input of the model. */
async function lastingTypes(model: Model): Promise<(value: Value) => Type | null> {
  const lasting = await inferShapes(model, { open: true })
  // Where shapes are computed in the graph, with open dimensions not even the rank is known; with numbers it is.
  const isUnsure = [...walk(model)].some(
    (node) => opOf(node)?.upgrade && !isRanked((v) => lasting.typeOf(v), node.inputs[0]),
  )
  const supposed = isUnsure ? await inferShapes(model) : null
  return (value) => {
    if (value.constant !== null) return tensorType(value.constant.dtype, value.constant.shape)
    if (rootOf(value.graph) !== model.main) return null // each call of a function has types of its own
    const { declared } = value
    const isKnown = isRanked((v) => lasting.typeOf(v), value)
    const type = (isKnown ? lasting : supposed)?.typeOf(value) ?? declared
    if (type?.kind !== 'tensor') return type
    // What enters the body of a Loop may have another extent in each turn.
    const isLasting = isKnown && value.graph === model.main
    // ONNX Runtime has no kernels for some types, which others stand in for.
    const dtype = type.dtype ?? (declared?.kind === 'tensor' ? declared.dtype : null)
    return { ...type, dtype, shape: isLasting ? type.shape : (type.shape?.map(() => null) ?? null) }
  }
}

function isRanked(typeOf: (value: Value) => Type | null, value: Value | null | undefined): boolean {
  if (!value) return true
  const type = typeOf(value)
  return type !== null && (type.kind !== 'tensor' || type.shape !== null)
}

/**
 * Gives a model the IR version that its opset came with. Before IR 4 an initializer had to be an input as well, and was
 * a constant nevertheless: it stays one.
 */
export function raiseIrVersion(model: Model, opset: number): void {
  const least = IR_VERSIONS.findLast((entry) => entry.opset <= opset)?.ir ?? 0
  if (model.irVersion < IR_OF_OVERRIDABLE_INPUTS && least >= IR_OF_OVERRIDABLE_INPUTS) {
    for (const input of [...model.main.inputs]) if (input.constant !== null) model.fixInput(input)
  }
  if (model.irVersion < least) model.raiseIrVersion(least)
}

function said({ op }: Node, { was, versions }: Rewritten): string {
  return `${was === op ? op : `${was} → ${op}`}, as of opset ${versions.join(', ')}`
}
