import { type MatrixProduct, openMatrixProduct } from '../../runtime/matrix-product.js'

/** Products of matrices of any size: the small ones are done before ONNX Runtime has been asked. To be released. */
export interface Products {
  readonly float32: MatrixProduct<Float32Array>
  readonly float64: MatrixProduct
  release(): Promise<void>
}

/** Multiplications that take less time than a session takes to open. */
const FEW = 1 << 23

/** Opens sessions only when a large product is asked for. */
export function openProducts(): Products {
  const float32 = lazy(
    () => openMatrixProduct({}, 'float32'),
    (n) => new Float32Array(n),
  )
  const float64 = lazy(
    () => openMatrixProduct(),
    (n) => new Float64Array(n),
  )
  return {
    float32,
    float64,
    release: async () => {
      await float32.release()
      await float64.release()
    },
  }
}

function lazy<A extends Float32Array | Float64Array>(
  open: () => Promise<MatrixProduct<A>>,
  make: (size: number) => A,
): MatrixProduct<A> {
  let opened: Promise<MatrixProduct<A>> | null = null
  return {
    multiply: async (a, b, size) => {
      if (size.m * size.k * size.n <= FEW) return plain(a, b, size, make)
      opened ??= open()
      return (await opened).multiply(a, b, size)
    },
    release: async () => (await opened)?.release(),
  }
}

/** Row by row, in float64. */
function plain<A extends Float32Array | Float64Array>(
  a: A,
  b: A,
  { m, k, n }: { readonly m: number; readonly k: number; readonly n: number },
  make: (size: number) => A,
): A {
  const product = make(m * n)
  const row = new Float64Array(n)
  for (let i = 0; i < m; i++) {
    row.fill(0)
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l] as number // inside the arrays, as are the next
      const from = l * n
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) + factor * (b[from + j] as number)
    }
    product.set(row, i * n)
  }
  return product
}
