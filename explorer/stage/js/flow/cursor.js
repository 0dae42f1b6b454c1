// The one cursor that runs through the flow and the code. Nothing here draws.

/**
 * @import { Graph, Operation } from "./graph.js"
 *
 * @typedef {object} Stop where the cursor can rest: one operation, with those before it that are not worth a stop
 * @property {Operation[]} operations @property {Operation} operation the last of them
 */

/** Milliseconds for a stop while it plays, while it plays many, and at a key. */
const PACE = 1300
const QUICK = 420
const KEY = 520
/** From so many stops on they are played quickly. */
const MANY = 12
/** The part of a stop's time that the play rests behind it. */
const REST = 0.45

/**
 * One stop for each operation; in the turns of a loop for each that sets a name, so that a turn is a handful of them.
 * @param {Graph} graph @returns {Stop[]}
 */
export function stopsOf({ operations }) {
  const named = new Set(operations.filter(({ target }) => target).flatMap(({ turns }) => turns.map(({ loop }) => loop)))
  /** @type {Stop[]} */
  const stops = []
  /** @type {Operation[]} */
  let open = []
  operations.forEach((operation, at) => {
    open.push(operation)
    const { turns, target } = operation
    const inner = turns.some(({ loop }) => named.has(loop))
    const last = at === operations.length - 1 || key(operations[at + 1]) !== key(operation)
    if (inner && !target && !last) return
    stops.push({ operations: open, operation })
    open = []
  })
  return stops
}

/** The turns in which an operation ran, as text. @param {Operation} operation */
export function key({ turns }) {
  return turns.map(({ loop, turn }) => `${loop}:${turn}`).join()
}

export class Cursor {
  /** @param {() => void} changed called at every change */
  constructor(changed) {
    this.changed = changed
    /** @type {Stop[]} */
    this.stops = []
    /** @type {Map<Operation, number>} */
    this.numbers = new Map()
    this.at = 0
    this.goal = 0
    this.playing = false
    this.moving = false
    this.frame = 0
  }

  /** Take other stops: the cursor stands behind the last one. @param {Stop[]} stops */
  take(stops) {
    this.stop()
    this.stops = stops
    this.numbers = new Map(stops.flatMap((stop, at) => stop.operations.map((operation) => [operation, at])))
    this.at = this.goal = stops.length
  }

  /** Whether the reader asked for no motion. */
  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches
  }

  /** How far an operation has run, 0 to 1. @param {Operation} operation */
  progress(operation) {
    const number = this.numbers.get(operation)
    return number === undefined ? 1 : Math.max(0, Math.min(1, this.at - number))
  }

  /** The stop that is running, or has just been reached; null before the first. @returns {Stop|null} */
  get now() {
    return this.stops[Math.ceil(this.at - 1e-6) - 1] ?? null
  }

  /** Whether the cursor is on its way, or rests before the end: what is now is told apart from the rest. */
  get active() {
    return this.moving || this.at < this.stops.length
  }

  /** @param {number} at stops, with the part of the one that runs */
  set(at) {
    this.stop()
    this.at = this.goal = Math.max(0, Math.min(this.stops.length, at))
    this.changed()
  }

  /** Run one stop, or go back by some. @param {number} by */
  step(by) {
    this.playing = false
    this.goal = Math.max(0, Math.min(this.stops.length, Math.round(this.goal) + by))
    this.at = by < 0 || this.still ? this.goal : Math.max(this.at, this.goal - 1)
    this.run()
  }

  /** Run the stop of one operation. @param {Operation} operation */
  visit(operation) {
    const number = this.numbers.get(operation)
    if (number === undefined) return
    this.set(number)
    this.step(1)
  }

  play() {
    if (this.playing) {
      this.playing = false
      this.goal = Math.ceil(this.at)
      return this.changed()
    }
    if (this.at >= this.stops.length) this.at = 0
    this.playing = true
    this.goal = this.stops.length
    this.run()
  }

  stop() {
    cancelAnimationFrame(this.frame)
    this.playing = this.moving = false
  }

  run() {
    this.changed()
    if (this.moving || (!this.playing && this.at >= this.goal)) return
    this.moving = true
    const pace = this.stops.length > MANY ? QUICK : PACE
    let last = performance.now()
    let rest = 0
    const tick = (/** @type {number} */ time) => {
      const passed = Math.min(50, time - last)
      last = time
      if (rest > 0) rest -= passed
      else {
        const whole = Math.floor(this.at + 1e-9)
        const part = this.still
          ? this.playing
            ? passed / pace
            : 1
          : passed / (this.playing ? pace : Math.min(pace, KEY))
        const next = Math.min(this.goal, this.at + part)
        this.at = next
        if (this.playing && Math.floor(next) > whole && next < this.goal) {
          this.at = Math.floor(next)
          rest = pace * REST
        }
      }
      const done = this.at >= this.goal
      if (done) this.moving = this.playing = false
      this.changed()
      if (!done) this.frame = requestAnimationFrame(tick)
    }
    this.frame = requestAnimationFrame(tick)
  }
}
