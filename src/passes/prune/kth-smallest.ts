type Values = Int32Array | Float32Array | Float64Array

/** Ranges of up to so many values are sorted. */
const FEW = 16

/**
 * The k-th smallest value, k from 1 to n. Reorders the array: the k smallest stand first. Linear on average, for any
 * order of the values: the pivots' places are pseudo-random.
 *
 * @see Hoare 1961, Algorithm 65: Find; the median of three as in Singleton 1969, Algorithm 347
 */
export function kthSmallest(values: Values, k: number): number {
  let [left, right] = [0, values.length - 1]
  let random = 1
  const place = () => {
    random = (Math.imul(random, 1664525) + 1013904223) | 0
    return left + Math.floor((random >>> 0) * 2 ** -32 * (right - left + 1))
  }
  while (right - left >= FEW) {
    // inside the array, as are the next
    const pivot = median(values[place()] as number, values[place()] as number, values[place()] as number)
    let [i, j] = [left, right]
    while (i <= j) {
      while ((values[i] as number) < pivot) i++
      while ((values[j] as number) > pivot) j--
      if (i <= j) {
        const swap = values[i] as number
        values[i++] = values[j] as number
        values[j--] = swap
      }
    }
    if (k - 1 <= j) right = j
    else if (k - 1 >= i) left = i
    else return pivot
  }
  sortRange(values, left, right)
  return values[k - 1] as number // k is at most the length
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

/** By insertion. */
function sortRange(values: Values, left: number, right: number): void {
  for (let i = left + 1; i <= right; i++) {
    const value = values[i] as number // inside the array
    let j = i
    for (; j > left && (values[j - 1] as number) > value; j--) values[j] = values[j - 1] as number // inside the array
    values[j] = value
  }
}
