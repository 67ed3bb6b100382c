import { type OpsetMessage, toNumber } from './messages.js'

/** The standard domain has two spellings. */
export function opsetDomain(message: OpsetMessage): string {
  return message.domain === 'ai.onnx' ? '' : (message.domain ?? '')
}

/** Versions by domain; of several for one domain the last counts. */
export function readOpsets(imports: readonly OpsetMessage[]): Map<string, number> {
  return new Map(imports.map((o) => [opsetDomain(o), toNumber(o.version ?? 0)]))
}
