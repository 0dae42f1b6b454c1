// The call, computed here: while a number is dragged everything behind it follows, and the cells that made a number are known
// at once. The program is a tape (`../tape/tape.js`), which is fetched when the reader comes to the flow, and believed when it
// gives what TensorFlow gave.

import { exactText } from "../core/format.js"
import { bus } from "../trail/bus.js"
import { flat } from "./kinds.js"
import { fullAt, renumbered } from "./paint.js"

/**
 * @import { Bytes } from "../types.js" @import { Tape } from "../tape/tape.js"
 * @import { Graph, Value } from "./graph.js" @import { Model } from "./message.js" @import { Trial } from "../types.js"
 *
 * @typedef {typeof import("../tape/proof.js")} Proofs
 * @typedef {ReturnType<Proofs["agreement"]>} Agreement
 * @typedef {Float32Array|Float64Array|Int32Array|Uint8Array} Cells
 * @typedef {"none"|"wanted"|"live"|"refused"} State of the tape of the call that is shown
 *
 * @typedef {object} Hand a number that is being changed
 * @property {string} id of the leaf @property {number} cell @property {number} before
 * @property {number} full where the tensor's colour is full @property {boolean} whole whether it holds whole numbers
 * @property {string} why nothing follows from this number: a key of words, or ""
 * @property {Map<Cells, Cells>} recorded TensorFlow's numbers of every array that follows
 * @property {(() => void)[]} follow each writes the tape's numbers into one of them
 */

/** Pixels of a drag in which a number goes from nothing to where its colour is full, or by so many whole numbers. */
const FULL = 110
const WHOLE = 5
/** With Shift a number moves so much of that. */
const FINE = 0.1
/** So many presses of a key go as far as a drag of that length; one press changes a whole number by 1. */
const KEYS = 20
/** Milliseconds between two looks at whether the page is at rest. */
const PAUSE = 60

export class Live {
  /** @param {() => void} changed called when there is something to be told or drawn */
  constructor(changed) {
    this.changed = changed
    /** @type {State} */
    this.state = "none"
    /** @type {Tape|null} */
    this.tape = null
    /** @type {Proofs|null} */
    this.proofs = null
    /** @type {Model|null} */
    this.model = null
    /** @type {Graph|null} */
    this.graph = null
    /** @type {Hand|null} */
    this.hand = null
    /** The number that stays, until TensorFlow has its own. @type {Hand|null} */
    this.kept = null
    /** What was computed here and sent to TensorFlow. @type {{id: string, cell: number, number: number}|null} */
    this.sent = null
    /** @type {Agreement|null} */
    this.agreement = null
    /** Another one whenever numbers changed where they stand. */
    this.revision = 0
    /** Why it is not live: a key of words, and the operations it is about; or texts of Python. */
    this.why = { key: "", kinds: "", texts: /** @type {string[]} */ ([]) }
    /** The call whose tape was refused. */
    this.refused = ""
  }

  get ready() {
    return this.state === "live"
  }

  /** Another call is shown: the tape that is here may hold for it, too. @param {Model} model @param {Graph} graph of the whole call */
  take(model, graph) {
    this.hand = null
    for (const [cells, recorded] of this.kept?.recorded ?? []) cells.set(recorded) // what changed since then is marked
    this.kept = null
    this.model = model
    this.graph = graph
    this.agreement = null
    const { sent, tape } = this
    this.sent = null
    this.state = this.refused && this.refused === model.options.call ? "refused" : "none"
    if (!tape || model.options.stale) return
    if (sent) this.compare(sent)
    if (tape.of === model.options.call && this.believes()) this.state = "live"
    else this.tape = null
  }

  /** The reader came to the flow. */
  want() {
    const call = this.model?.options.call
    if (this.state !== "none" || !call || this.model?.options.stale || !bus.want) return
    this.state = "wanted"
    this.ask(call)
  }

  /** Ask once the page is at rest: a question takes along what its fields held before they were drawn anew. @param {string} call */
  ask(call) {
    if (this.state !== "wanted" || this.model?.options.call !== call) return
    const page = /** @type {HTMLElement|null} */ (globalThis.document?.querySelector("[data-testid=stApp]") ?? null)
    if (page?.dataset.testScriptState === "running") setTimeout(() => this.ask(call), PAUSE)
    else bus.want?.(call)
  }

  /** A tape came. @param {Bytes} bytes */
  async came(bytes) {
    const loaded = await Promise.all([import("../tape/tape.js"), import("../tape/proof.js")]).catch(() => null)
    if (!loaded) {
      this.state = "none" // the server is not there; it is asked again
      return
    }
    const [{ Tape }, proofs] = loaded
    const tape = new Tape(bytes)
    if (tape.of !== this.model?.options.call) return
    this.proofs = proofs
    this.tape = tape
    if (this.believes()) this.state = "live"
    else {
      this.state = "refused"
      this.refused = this.why.key === "tape.guards" ? "" : tape.of
      this.tape = null
    }
    this.changed()
  }

  /** Whether the tape, run on the recorded inputs and weights, gives every recorded tensor. */
  believes() {
    const { tape, proofs } = this
    if (!tape || !proofs) return false
    this.why = { key: "", kinds: "", texts: tape.refusals }
    if (tape.refusals.length) return false
    for (const id of tape.leaves.keys()) {
      const cells = this.recorded(id)
      if (!cells || cells.length !== tape.numbers(id)?.length) {
        this.why.key = "live.large"
        return false
      }
      tape.fill(id, cells)
    }
    tape.replay()
    const { live, why } = proofs.proof(tape, (id) => this.recorded(id))
    this.why.key = why
    this.why.kinds = [...new Set([...tape.missing].map((text) => text.split(":")[0]))].join(", ")
    return live
  }

  /** TensorFlow's numbers of a tensor; null where not all of them are here. @param {string} id @returns {Cells|null} */
  recorded(id) {
    const number = this.model?.number(id)
    const tensor = number === undefined ? null : this.model?.tensor(number)
    return tensor?.whole && !tensor.overview ? /** @type {Cells|null} */ (tensor.numbers) : null
  }

  // -- a number in the hand

  /** The leaf that a value is, or null if its numbers cannot be changed here. @param {Value} value */
  leafOf({ ids }) {
    const { tape, model } = this
    if (!this.ready || !tape) return null
    return ids.find((id) => tape.leaves.has(id) && model?.options.editable?.includes(id)) ?? null
  }

  /** Take a number into the hand. @param {string|null} id of a leaf @param {number} cell @returns {boolean} whether it can be changed here */
  hold(id, cell) {
    this.drop()
    const { tape } = this
    const numbers = id === null || !this.ready ? null : tape?.numbers(id)
    if (id === null || !tape || !numbers || !this.model?.options.editable?.includes(id)) return false
    const whole = !tape.isFloat(id)
    const full = fullAt(this.recorded(id) ?? numbers) || 1
    this.hand = { id, cell, before: Number(numbers[cell]), full, whole, why: "", recorded: new Map(), follow: [] }
    this.agreement = null
    const following = new Set(tape.following(id))
    for (const name of following) this.followed(this.hand, name, this.recorded(name))
    for (const { ids, cells } of this.graph?.values ?? []) {
      const name = ids.find((one) => following.has(one))
      if (name !== undefined) this.followed(this.hand, name, /** @type {Cells|null} */ (cells))
    }
    return true
  }

  /** A number in the hand as a field changes it; null where it cannot be changed here. @param {string} id @param {number} cell @returns {Trial|null} */
  trial(id, cell) {
    if (!this.hold(id, cell)) return null
    return {
      show: (number) => this.move(number),
      step: (steps, fine) => this.stepped(this.number, (steps * FULL) / (this.hand?.whole ? WHOLE : KEYS), fine),
      keep: () => this.keep(),
      drop: () => this.drop(),
    }
  }

  /**
   * A number that is so far from another one, without digits that nobody asked for.
   * @param {number} from @param {number} way in pixels of a drag @param {boolean} fine
   */
  stepped(from, way, fine) {
    const { full, whole } = /** @type {Hand} */ (this.hand)
    if (whole) return Math.max(0, Math.round(from + (way * WHOLE) / FULL))
    const step = (full / FULL) * (fine ? FINE : 1)
    const unit = 10 ** Math.floor(Math.log10(step))
    return Number((Math.round((from + way * step) / unit) * unit).toPrecision(12))
  }

  /** Let an array in which a tensor's numbers stand follow. @param {Hand} hand @param {string} id @param {Cells|null} cells */
  followed(hand, id, cells) {
    const numbers = this.tape?.numbers(id)
    if (!numbers || !cells || numbers.length !== cells.length || hand.recorded.has(cells)) return
    hand.recorded.set(cells, cells.slice())
    hand.follow.push(() => {
      cells.set(numbers)
      renumbered(cells)
    })
  }

  /** Change it, and everything that follows from it. @param {number} number @returns {boolean} whether the numbers can be believed */
  move(number) {
    const { tape, hand } = this
    if (!tape || !hand) return false
    tape.set(hand.id, hand.cell, number)
    tape.replay(hand.id)
    hand.why = tape.whole ? (tape.holds ? "" : "tape.guards") : "tape.refuses"
    const holds = !hand.why
    if (holds) for (const follow of hand.follow) follow()
    this.revision += 1
    this.changed()
    return holds
  }

  /** A cell's number now. @param {import("../trail/bus.js").Cell} cell @returns {{number: number, text: string}|null} */
  now({ tensor, index }) {
    const at = this.model?.number(tensor)
    const value = this.tape?.value(tensor)
    if (at === undefined || !value?.data) return null
    const number = Number(value.data[flat(this.model?.known(at).shape ?? [], index)])
    return { number, text: exactText(number, value.dtype) }
  }

  /** What is in the hand now. */
  get number() {
    const { tape, hand } = this
    return hand ? Number(tape?.numbers(hand.id)?.[hand.cell]) : NaN
  }

  /** Let go of the number and keep it: TensorFlow is asked for its own. */
  keep() {
    const { hand } = this
    if (!hand) return
    this.sent = { id: hand.id, cell: hand.cell, number: this.number }
    this.hand = null
    this.kept = hand
  }

  /** Let go of the number as it was before. */
  drop() {
    const { tape, hand } = this
    if (!tape || !hand) return
    this.hand = null
    tape.set(hand.id, hand.cell, hand.before)
    tape.replay(hand.id)
    for (const [cells, recorded] of hand.recorded) {
      cells.set(recorded)
      renumbered(cells)
    }
    this.revision += 1
    this.changed()
  }

  /** How far what was computed here is what TensorFlow gives. @param {{id: string, cell: number, number: number}} sent */
  compare({ id, cell, number }) {
    const { tape, proofs } = this
    if (!tape || !proofs || Number(this.recorded(id)?.[cell]) !== number) return
    const all = { same: 0, cells: 0, largest: 0 }
    for (const name of tape.following(id)) {
      const [mine, theirs] = [tape.numbers(name), this.recorded(name)]
      if (name === id || !mine || !theirs || mine.length !== theirs.length) continue
      const { same, cells, largest } = proofs.agreement(mine, theirs)
      all.same += same
      all.cells += cells
      all.largest = Math.max(all.largest, largest)
    }
    if (all.cells) this.agreement = all
  }

  // -- where a number comes from

  /**
   * How strongly each cell of every tensor counts for one cell, at these numbers; of an input or a weight, how far each moves with it.
   * @param {Value} value @param {number} cell @returns {Map<string, Float64Array>|null} by id; null where it is not known here
   */
  sources({ ids }, cell) {
    const { tape } = this
    if (!tape || !this.ready) return null
    const id = ids.find((one) => tape.numbers(one))
    if (id === undefined) return null
    return tape.leaves.has(id) ? (this.hand ? null : tape.moves(id, cell)) : tape.trail(id, cell)
  }
}
