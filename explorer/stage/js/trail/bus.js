// The touched cell, and what is known about it: one for the whole page. The flow watches it.

/**
 * @typedef {{tensor: string, index: number[]}} Cell
 * @typedef {{weights: Float32Array, largest: number}} Weights how strongly each cell counts
 *
 * @typedef {object} Answer what Python told about a cell
 * @property {Cell|null} cell @property {string} way @property {string[]} ways that can be asked for
 * @property {Map<string, Weights>} weights by tensor id @property {import("../types.js").Arithmetic|null} arithmetic
 * @property {string[]} notes @property {string} problem @property {Record<string, string>} labels
 * @property {[string, string[]]|null} [link] the page's address, and the rows of its QR code
 *
 * @typedef {object} Watcher what shows the answer
 * @property {() => void} trailChanged @property {(tape: import("../types.js").Bytes) => void} tapeCame
 */

class Bus {
  constructor() {
    /** @type {Watcher|null} */
    this.watcher = null
    /** @type {Answer|null} */
    this.answer = null
    /** @type {Cell|null} */
    this.pinned = null
    /** @type {Cell|null} */
    this.pointed = null
    /** @type {[string, string[]]|null} */
    this.link = null
    /** @type {((question: (Cell & {way: string, whole: boolean})|null) => void)|null} */
    this.ask = null
    /** @type {((place: {at: string, present: boolean}) => void)|null} */
    this.look = null
    /** Asks for the tape of a call. @type {((call: string) => void)|null} */
    this.want = null
  }

  /** @param {Watcher} watcher */
  watch(watcher) {
    if (this.watcher === watcher) return
    this.watcher = watcher
    if (this.pinned) this.changed()
  }

  /** @param {Watcher} watcher */
  leave(watcher) {
    if (this.watcher === watcher) this.watcher = null
  }

  /** Ask for a cell's trail and arithmetic. @param {Cell} cell @param {{way?: string, whole?: boolean}} [question] */
  touch(cell, { way = "", whole = false } = {}) {
    if (!this.ask) return
    if (!sameCell(cell, this.pinned)) this.answer = null
    this.pinned = cell
    this.changed()
    this.ask({ ...cell, way, whole })
  }

  /** Let go of the cell. */
  free() {
    if (!this.pinned) return
    this.pinned = this.pointed = this.answer = null
    this.changed()
    this.ask?.(null)
  }

  /** @param {Answer} answer */
  show(answer) {
    this.answer = answer.cell ? answer : null
    this.link = answer.link ?? null
    this.pinned = answer.cell
    this.changed()
  }

  /** @param {import("../types.js").Bytes} tape of a call */
  bring(tape) {
    this.watcher?.tapeCame(tape)
  }

  /** Point at a cell that the arithmetic names. @param {Cell|null} cell */
  point(cell) {
    this.pointed = cell
    this.changed()
  }

  changed() {
    this.watcher?.trailChanged()
  }
}

/** @param {Cell|null} one @param {Cell|null} other */
export function sameCell(one, other) {
  return (
    one === other || Boolean(one && other && one.tensor === other.tensor && one.index.join() === other.index.join())
  )
}

export const bus = new Bus()
