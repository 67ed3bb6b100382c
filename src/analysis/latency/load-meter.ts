import { cpus } from 'node:os'

/** How busy the machine is with other things, from its making on. */
export class LoadMeter {
  readonly #startedAt = performance.now()
  readonly #own = process.cpuUsage()
  readonly #busyMs = busyMs()

  /** Cores' worth of time that all other programs took; null where the system does not tell. */
  othersCores(): number | null {
    const elapsedMs = performance.now() - this.#startedAt
    const { user, system } = process.cpuUsage(this.#own) // microseconds
    const busy = busyMs() - this.#busyMs
    if (busy <= 0 || elapsedMs <= 0) return null
    return Math.max(0, (busy - (user + system) / 1000) / elapsedMs)
  }
}

/** Since the system started, over all cores. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}
