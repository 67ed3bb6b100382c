/** The op that ONNX Runtime says to have no schema for, as `Node.type` names it; null when it complains of something else. */
export function unknownOp(message: string): string | null {
  const [, domain, op] =
    /([\w.]*):(\w+)\(-?\d+\) is not a registered function\/op/.exec(message) ??
    /No Op registered for ()(\w+) with domain_version/.exec(message) ??
    []
  if (op === undefined) return null
  return domain ? `${domain}.${op}` : op
}
