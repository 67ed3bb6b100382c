const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Decimal units: `999 B`, `1.72 MB`, `178.4 kB`. */
export function bytes(n: number): string {
  return scaled(n, BYTE_UNITS)
}

/** Three digits at least, one decimal at least: `1.72`, `17.2`, `172.4`. */
export function scaled(n: number, units: readonly string[]): string {
  let value = n
  let unit = 0
  // 999.95 would be written as 1000.0.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const number = unit === 0 ? String(value) : value.toFixed(value < 9.995 ? 2 : 1)
  return `${number} ${units[unit]}`.trimEnd()
}
