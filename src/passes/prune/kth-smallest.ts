/**
 * The k-th smallest value, k from 1 to n. Reorders the array; linear on average.
 *
 * @see Hoare 1961, Algorithm 65: Find
 */
export function kthSmallest(values: Int32Array | Float64Array, k: number): number {
  let [left, right] = [0, values.length - 1]
  while (left < right) {
    const pivot = values[(left + right) >> 1] as number // inside the array, as are the next
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
    else break
  }
  return values[k - 1] as number // k is at most the length
}
