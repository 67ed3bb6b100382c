/** A stretch of elements: of both operands and the result, with the distance of one element from the next. */
export type Run = (a: number, aStep: number, b: number, bStep: number, out: number, count: number) => void

/** The shape that two broadcast to; null where they do not. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] | null {
  const rank = Math.max(a.length, b.length)
  const shape: number[] = []
  for (let i = 0; i < rank; i++) {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    if (x !== y && x !== 1 && y !== 1) return null
    shape.push(x === 1 ? y : x)
  }
  return shape
}

/** Elements from one place of an axis to the next; 0 where the operand is repeated. */
export function broadcastStrides(of: readonly number[], to: readonly number[]): number[] {
  const strides = new Array<number>(to.length).fill(0)
  let stride = 1
  for (let i = of.length - 1; i >= 0; i--) {
    const size = of[i] ?? 1
    if (size !== 1) strides[i + to.length - of.length] = stride
    stride *= size
  }
  return strides
}

/** Walks two operands in the order of the result, in as long stretches as there are. */
export function eachRun(a: readonly number[], b: readonly number[], out: readonly number[], run: Run): void {
  const axes = joined(out, broadcastStrides(a, out), broadcastStrides(b, out))
  const inner = axes.pop() ?? { size: 1, a: 0, b: 0 }
  const at = axes.map(() => 0)
  const total = axes.reduce((n, { size }) => n * size, 1)
  let [i, j] = [0, 0]
  for (let outer = 0; outer < total; outer++) {
    run(i, inner.a, j, inner.b, outer * inner.size, inner.size)
    for (let k = axes.length - 1; k >= 0; k--) {
      const axis = axes[k] as Axis // counted by them
      i += axis.a
      j += axis.b
      const next = (at[k] ?? 0) + 1
      at[k] = next
      if (next < axis.size) break
      at[k] = 0
      i -= axis.a * axis.size
      j -= axis.b * axis.size
    }
  }
}

interface Axis {
  size: number
  a: number
  b: number
}

/** Neighbouring axes become one where both operands run on from one to the next. */
function joined(out: readonly number[], a: readonly number[], b: readonly number[]): Axis[] {
  const axes: Axis[] = []
  for (const [i, size] of out.entries()) {
    const axis = { size, a: a[i] ?? 0, b: b[i] ?? 0 }
    const last = axes.at(-1)
    if (size === 1) continue
    if (last !== undefined && last.a === axis.a * size && last.b === axis.b * size) {
      Object.assign(last, { size: last.size * size, a: axis.a, b: axis.b })
    } else axes.push(axis)
  }
  return axes
}
