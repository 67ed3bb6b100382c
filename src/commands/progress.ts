export interface Progress {
  /** @param done  a fraction 0..1 of the phase; null when its end is not known */
  update(phase: string, done: number | null): void
  /** Takes the line away. */
  end(): void
}

/** What of stderr is needed. */
export interface ProgressStream {
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  /** A line that is drawn again and again, as only a terminal can; else plain lines, seldom. */
  readonly redraw: boolean
  readonly color: boolean
  /** Milliseconds of any clock. */
  readonly now?: () => number
}

/** Nothing is shown for a job this short. */
const QUIET_MS = 1000
const REDRAW_MS = 80
/** Off a terminal: a plain line now and then, so that a log of a CI job shows life. */
const PLAIN_MS = 10_000
const BAR_WIDTH = 24
const LEAST_BAR_WIDTH = 8
const CLEAR_LINE = '\r\u001b[2K'
const CYAN = '\u001b[36m'
const DIM = '\u001b[39;2m'
const PLAIN = '\u001b[22m'

export const NO_PROGRESS: Progress = { update: () => {}, end: () => {} }

/** What runs, how far it is, and the time left. */
export function createProgress(stream: ProgressStream, options: ProgressOptions): Progress {
  const clock = new Clock(options.now ?? Date.now)
  return options.redraw ? new Line(stream, clock, options.color) : new PlainLines(stream, clock)
}

class Clock {
  readonly #now: () => number
  readonly #started: number
  #phase = ''
  #phaseStarted = 0

  constructor(now: () => number) {
    this.#now = now
    this.#started = now()
  }

  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  /** `Writing 40 %, 12 s left` */
  text(phase: string, done: number | null): string {
    if (phase !== this.#phase) {
      this.#phase = phase
      this.#phaseStarted = this.#now()
    }
    if (done === null) return phase
    const ms = this.#now() - this.#phaseStarted
    const left = ms > 0 && done > 0.02 && done < 1 ? `, ${duration((ms / done) * (1 - done))} left` : ''
    return `${phase} ${Math.floor(done * 100)} %${left}`
  }
}

class Line implements Progress {
  readonly #stream: ProgressStream
  readonly #clock: Clock
  readonly #color: boolean
  #drawnAt = Number.NEGATIVE_INFINITY
  #visible = false

  constructor(stream: ProgressStream, clock: Clock, color: boolean) {
    this.#stream = stream
    this.#clock = clock
    this.#color = color
  }

  update(phase: string, done: number | null): void {
    const text = this.#clock.text(phase, done)
    const { elapsedMs } = this.#clock
    if (elapsedMs < QUIET_MS || elapsedMs - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = elapsedMs
    this.#visible = true
    // A full last column makes some terminals begin a new line, which nothing would take away.
    const room = (this.#stream.columns || 80) - 1
    const barRoom = Math.min(BAR_WIDTH, room - text.length - 1)
    const bar = done === null || barRoom < LEAST_BAR_WIDTH ? '' : `${this.#bar(done, barRoom)} `
    this.#stream.write(`${CLEAR_LINE}${bar}${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text}`)
  }

  end(): void {
    if (this.#visible) this.#stream.write(CLEAR_LINE)
    this.#visible = false
  }

  #bar(done: number, width: number): string {
    const full = Math.round(Math.min(1, done) * width)
    const [reached, left] = ['━'.repeat(full), '─'.repeat(width - full)]
    return this.#color ? `${CYAN}${reached}${DIM}${left}${PLAIN}` : reached + left
  }
}

class PlainLines implements Progress {
  readonly #stream: ProgressStream
  readonly #clock: Clock
  #saidAt = 0

  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
  }

  update(phase: string, done: number | null): void {
    const text = this.#clock.text(phase, done)
    const { elapsedMs } = this.#clock
    if (elapsedMs - this.#saidAt < PLAIN_MS) return
    this.#saidAt = elapsedMs
    this.#stream.write(`${text}\n`)
  }

  end(): void {}
}

function duration(ms: number): string {
  const s = Math.ceil(ms / 1000)
  return s < 90 ? `${s} s` : `${Math.ceil(s / 60)} min`
}
