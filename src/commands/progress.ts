import { TimeLeft } from './time-left.js'

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
  /** Calls again and again, so that time passes on the screen while no news comes in. @returns what stops it */
  readonly every?: (ms: number, call: () => void) => () => void
}

/** Nothing is shown for a job this short. */
const QUIET_MS = 1000
const REDRAW_MS = 80
/** Off a terminal: a line of a phase that lasts this long, and another this much later, so that a log shows life. */
const PLAIN_FIRST_MS = 3000
const PLAIN_AGAIN_MS = 10_000
const PLAIN_LOOK_MS = 500
/** Without an estimate of what is left, what has passed is said from here on. */
const SO_FAR_MS = 2000
const BAR_WIDTH = 24
const LEAST_BAR_WIDTH = 8
/** Of a bar whose end is not known: the part that moves, and how long it stays at a place. */
const SLIDER_WIDTH = 6
const SLIDE_MS = 100
const CLEAR_LINE = '\r\u001b[2K'
const CYAN = '\u001b[36m'
const DIM = '\u001b[39;2m'
const PLAIN = '\u001b[22m'

export const NO_PROGRESS: Progress = { update: () => {}, end: () => {} }

/** What runs, how far it is, and the time left. */
export function createProgress(stream: ProgressStream, options: ProgressOptions): Progress {
  const { now = Date.now, every = repeat } = options
  const clock = new Clock(now)
  return options.redraw ? new Line(stream, clock, options.color, every) : new PlainLines(stream, clock, every)
}

/** Keeps no process alive. */
function repeat(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms).unref()
  return () => clearInterval(timer)
}

/** What was heard last, and since when. */
class Clock {
  readonly #now: () => number
  readonly #started: number
  #phase: string | null = null
  #phaseStarted = 0
  #done: number | null = null
  #left = new TimeLeft(0)

  constructor(now: () => number) {
    this.#now = now
    this.#started = now()
  }

  /** Of the whole job. */
  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  get phaseMs(): number {
    return this.#now() - this.#phaseStarted
  }

  get done(): number | null {
    return this.#done
  }

  /** @returns whether it is another phase than before */
  hear(phase: string, done: number | null): boolean {
    const isNew = phase !== this.#phase
    if (isNew) {
      this.#phase = phase
      this.#phaseStarted = this.#now()
      this.#left = new TimeLeft(this.#phaseStarted)
    }
    this.#done = done === null ? null : Math.min(1, Math.max(0, done))
    if (this.#done !== null) this.#left.report(this.#done, this.#now())
    return isNew
  }

  /** `Writing 40 %, 12 s left`, `Describing, 5 s so far`; null when nothing was heard yet. */
  text(): string | null {
    if (this.#phase === null) return null
    const share = this.#done === null ? '' : ` ${Math.floor(this.#done * 100)} %`
    const left = this.#done === null ? null : this.#left.at(this.#now())
    const time = left !== null ? `, ${duration(Math.max(1, Math.ceil(left / 1000)))} left` : this.#soFar()
    return `${this.#phase}${share}${time}`
  }

  #soFar(): string {
    return this.phaseMs < SO_FAR_MS ? '' : `, ${duration(Math.floor(this.phaseMs / 1000))} so far`
  }
}

class Line implements Progress {
  readonly #stream: ProgressStream
  readonly #clock: Clock
  readonly #color: boolean
  readonly #stop: () => void
  #drawnAt = Number.NEGATIVE_INFINITY
  #visible = false

  constructor(stream: ProgressStream, clock: Clock, color: boolean, every: NonNullable<ProgressOptions['every']>) {
    this.#stream = stream
    this.#clock = clock
    this.#color = color
    this.#stop = every(REDRAW_MS, () => this.#draw())
  }

  update(phase: string, done: number | null): void {
    this.#clock.hear(phase, done)
    // Work that leaves no time for timers reports, at least; but not so often that drawing slows it.
    if (this.#clock.elapsedMs - this.#drawnAt >= REDRAW_MS) this.#draw()
  }

  end(): void {
    this.#stop()
    if (this.#visible) this.#stream.write(CLEAR_LINE)
    this.#visible = false
  }

  #draw(): void {
    const text = this.#clock.text()
    const { elapsedMs } = this.#clock
    if (text === null || elapsedMs < QUIET_MS) return
    this.#drawnAt = elapsedMs
    this.#visible = true
    // A full last column makes some terminals begin a new line, which nothing would take away.
    const room = (this.#stream.columns || 80) - 1
    const barRoom = Math.min(BAR_WIDTH, room - text.length - 1)
    const bar = barRoom < LEAST_BAR_WIDTH ? '' : `${this.#bar(barRoom)} `
    this.#stream.write(`${CLEAR_LINE}${bar}${text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text}`)
  }

  /** Filled from the left as far as the phase is; when that is not known, a part of it moves to and fro. */
  #bar(width: number): string {
    const { done, phaseMs } = this.#clock
    if (done !== null) return this.#painted(0, Math.round(done * width), width)
    const slider = Math.min(SLIDER_WIDTH, width - 1)
    const [way, at] = [width - slider, Math.floor(phaseMs / SLIDE_MS)]
    const from = way - Math.abs(way - (at % (2 * way)))
    return this.#painted(from, from + slider, width)
  }

  #painted(from: number, to: number, width: number): string {
    const parts = ['─'.repeat(from), '━'.repeat(to - from), '─'.repeat(width - to)] as const
    if (!this.#color) return parts.join('')
    const [before, reached, after] = parts
    return `${before && DIM + before + PLAIN}${CYAN}${reached}${DIM}${after}${PLAIN}`
  }
}

class PlainLines implements Progress {
  readonly #stream: ProgressStream
  readonly #clock: Clock
  readonly #stop: () => void
  /** When a line is due, in milliseconds of the phase. */
  #due = PLAIN_FIRST_MS

  constructor(stream: ProgressStream, clock: Clock, every: NonNullable<ProgressOptions['every']>) {
    this.#stream = stream
    this.#clock = clock
    this.#stop = every(PLAIN_LOOK_MS, () => this.#say())
  }

  update(phase: string, done: number | null): void {
    if (this.#clock.hear(phase, done)) this.#due = PLAIN_FIRST_MS
    this.#say()
  }

  end(): void {
    this.#stop()
  }

  #say(): void {
    const text = this.#clock.text()
    const { phaseMs } = this.#clock
    if (text === null || phaseMs < this.#due) return
    this.#due = phaseMs + PLAIN_AGAIN_MS
    this.#stream.write(`${text}\n`)
  }
}

/** `42 s`, `3 min`, `2 h 5 min` */
function duration(s: number): string {
  if (s < 90) return `${s} s`
  const minutes = Math.ceil(s / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
