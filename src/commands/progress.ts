import { Chalk } from 'chalk'

export interface Progress {
  /** @param done  a fraction 0..1; null when the end is not known */
  update(phase: string, done: number | null): void
  /** Takes the line away. */
  end(): void
}

interface ProgressOptions {
  readonly enabled: boolean
  readonly stream: NodeJS.WriteStream
  readonly now?: () => number
}

/** Nothing is shown for a job this short. */
const QUIET_MS = 1000
const REDRAW_MS = 80
/** Off a terminal: a plain line now and then, so that a log of a CI job shows life. */
const PLAIN_MS = 10_000

/** What runs, how far it is, and the time left: a line that is redrawn on a terminal, plain lines elsewhere. On stderr. */
export function createProgress({ enabled, stream, now = Date.now }: ProgressOptions): Progress {
  if (!enabled) return { update: () => {}, end: () => {} }
  return stream.isTTY && process.env.TERM !== 'dumb' ? new Line(stream, now) : new PlainLines(stream, now)
}

class Clock {
  readonly #started: number
  #phase = ''
  #phaseStarted = 0
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
    this.#started = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  text(phase: string, done: number | null): string {
    if (phase !== this.#phase) {
      this.#phase = phase
      this.#phaseStarted = this.#now()
    }
    if (done === null) return phase
    const ms = this.#now() - this.#phaseStarted
    const left = done > 0.02 && done < 1 ? `, ${seconds((ms / done) * (1 - done))} left` : ''
    return `${phase} ${Math.floor(done * 100)} %${left}`
  }
}

class Line implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #clock: Clock
  readonly #chalk = new Chalk()
  #drawnAt = Number.NEGATIVE_INFINITY
  #visible = false

  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream
    this.#clock = new Clock(now)
  }

  update(phase: string, done: number | null): void {
    const text = this.#clock.text(phase, done)
    const { elapsedMs } = this.#clock
    if (elapsedMs < QUIET_MS || elapsedMs - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = elapsedMs
    this.#visible = true
    const bar = done === null ? '' : `${this.#bar(done)} `
    this.#stream.write(`\r\u001b[2K${bar}${text}`.slice(0, (this.#stream.columns ?? 80) + 40))
  }

  end(): void {
    if (this.#visible) this.#stream.write('\r\u001b[2K')
    this.#visible = false
  }

  #bar(done: number): string {
    const width = 24
    const full = Math.round(done * width)
    return this.#chalk.cyan('━'.repeat(full)) + this.#chalk.dim('━'.repeat(width - full))
  }
}

class PlainLines implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #clock: Clock
  #saidAt = 0

  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream
    this.#clock = new Clock(now)
  }

  update(phase: string, done: number | null): void {
    const text = this.#clock.text(phase, done)
    if (this.#clock.elapsedMs - this.#saidAt < PLAIN_MS) return
    this.#saidAt = this.#clock.elapsedMs
    this.#stream.write(`${text}\n`)
  }

  end(): void {}
}

function seconds(ms: number): string {
  const s = Math.ceil(ms / 1000)
  return s < 90 ? `${s} s` : `${Math.ceil(s / 60)} min`
}
