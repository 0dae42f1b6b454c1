// The touched cell of a flow, and what is known about it. A page of the app has one flow; other pages may have several, each with
// a bus of its own.

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
 * @typedef {object} Ways
 * @property {(question: (Cell & {way: string, whole: boolean})|null) => void} ask for what is known about a cell
 * @property {(place: {at: string, present: boolean, origin: string}) => void} look where the reader came to rest
 * @property {(call: string) => void} want the tape of a call
 *
 * @typedef {{line: number, text: string}} Line of a source, from 1, and what stands in it
 *
 * @typedef {object} Watcher what shows the answer
 * @property {() => void} trailChanged @property {(tape: import("../types.js").Bytes) => void} tapeCame
 */

export class Bus {
  constructor() {
    /** The last one is told: Streamlit may put one in the place of another before that one has gone. @type {Set<Watcher>} */
    this.watchers = new Set()
    /** Elements of the page that lead to Python; of each way the last one's is gone. @type {Map<object, Partial<Ways>>} */
    this.elements = new Map()
    /** What lights the line that the flow's cursor passes. @type {Set<(now: Line|null) => void>} */
    this.readers = new Set()
    /** @type {Answer|null} */
    this.answer = null
    /** @type {Cell|null} */
    this.pinned = null
    /** @type {Cell|null} */
    this.pointed = null
    /** @type {[string, string[]]|null} */
    this.link = null
  }

  /** @param {object} element @param {Partial<Ways>} ways */
  join(element, ways) {
    this.elements.delete(element)
    this.elements.set(element, ways)
  }

  /** @param {object} element that has gone */
  part(element) {
    this.elements.delete(element)
  }

  get ask() {
    return [...this.elements.values()].findLast(({ ask }) => ask)?.ask
  }
  get look() {
    return [...this.elements.values()].findLast(({ look }) => look)?.look
  }
  get want() {
    return [...this.elements.values()].findLast(({ want }) => want)?.want
  }
  get watcher() {
    return [...this.watchers].at(-1)
  }

  /** @param {Watcher} watcher */
  watch(watcher) {
    if (this.watcher === watcher) return
    this.watchers.delete(watcher)
    this.watchers.add(watcher)
    if (this.pinned) this.changed()
  }

  /** @param {Watcher} watcher */
  leave(watcher) {
    this.watchers.delete(watcher)
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

  /** @param {(now: Line|null) => void} reader @returns {() => void} to be called when it goes */
  read(reader) {
    this.readers.add(reader)
    return () => this.readers.delete(reader)
  }

  /** The flow's cursor passes a line; null: none. @param {Line|null} now */
  pass(now) {
    for (const reader of this.readers) reader(now)
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

/** That of the app's page, whose elements come and go. */
export const bus = new Bus()
