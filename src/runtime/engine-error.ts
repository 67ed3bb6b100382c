/** When ONNX Runtime refused: opening the model, checking what is fed and fetched, or computing. */
export type EngineStage = 'load' | 'bind' | 'run'

/**
 * ONNX Runtime refused a model, its feeds or a run. What that means for the user (a broken model, data that do not
 * fit, a limit of the engine) only the caller knows, so it is no UserError by itself.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly stage: EngineStage
  /** The name of the node that it happened in, where ONNX Runtime tells. */
  readonly node: string | null

  constructor(stage: EngineStage, message: string, details: { node?: string | null; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.stage = stage
    this.node = details.node ?? null
  }
}

/** Wraps what ONNX Runtime threw; the message loses source locations, status codes and line breaks. */
export function engineError(stage: EngineStage, error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new EngineError(stage, cleanMessage(message), { node: nodeIn(message), cause: error })
}

/** The ways in which ONNX Runtime's messages name a node. */
const NODE_PATTERNS: readonly RegExp[] = [
  /Non-zero status code returned while running \S+ node\. Name:'([^']*)'/,
  /Node:? ?\(([^)]*)\) Op \(/,
  /In Node, \("([^"]*)", /,
  /in node \(([^)]*)\)/i,
]

function nodeIn(message: string): string | null {
  for (const pattern of NODE_PATTERNS) {
    const name = pattern.exec(message)?.[1]
    if (name) return name
  }
  return null
}

function cleanMessage(message: string): string {
  return message
    .replace(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    .replace(/Non-zero status code returned while running (\S+) node\. Name:'([^']*)' Status Message: /g, '$1 "$2": ')
    .replace(/\S+\.(?:cc|h|cpp):\d+ .* was false\.\s*(?=\S)/g, '')
    .replace(/\S+\.(?:cc|h|cpp):\d+ /g, '')
    .replace(/ ?Please fix either the inputs\/outputs or the model\./g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
