// The call, computed here: while a number is dragged everything behind it follows, and the cells that made a number are known
// at once. The program is a tape (`../tape/tape.js`), which is fetched when the reader comes to the flow, and believed when it
// gives what TensorFlow gave.

import { exactText } from "../core/format.js"
import { flat, topOf } from "./kinds.js"
import { fullAt, renumbered } from "./paint.js"

/**
 * @import { Bytes } from "../types.js" @import { Tape } from "../tape/tape.js"
 * @import { Graph, Value } from "./graph.js" @import { Model } from "./message.js" @import { Trial } from "../types.js"
 *
 * @typedef {typeof import("../tape/proof.js")} Proofs
 * @typedef {ReturnType<Proofs["agreement"]>} Agreement
 * @typedef {Float32Array|Float64Array|Int32Array|Uint8Array} Cells
 * @typedef {{id: string, cells: number[], numbers: number[]}} Sent
 * @typedef {"none"|"wanted"|"live"|"refused"} State of the tape of the call that is shown
 *
 * @typedef {object} Hand numbers of one tensor that are being changed
 * @property {string} id of the leaf @property {number} cell the one that was taken
 * @property {number[]} cells those that change @property {number[]} before the number of each
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

/** How the id of a leaf begins that is a parameter: `explorer.model.tape.PARAMETER`. */
const PARAMETER = "param:"

/** Whether a leaf is a parameter of the layer, not a tensor. @param {string} id */
export function isParameter(id) {
  return id.startsWith(PARAMETER)
}

export class Live {
  /** @param {() => void} changed called when there is something to be told or drawn @param {import("../trail/bus.js").Bus} bus that fetches the tape */
  constructor(changed, bus) {
    this.changed = changed
    this.bus = bus
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
    /** The numbers that stay, until TensorFlow has its own. @type {Hand|null} */
    this.kept = null
    /** What was computed here and sent to TensorFlow. @type {Sent|null} */
    this.sent = null
    /** Whether the reader waits for a tape: if another call is shown before it came, that one's is fetched. */
    this.waits = false
    /** Whether more cells were to be taken than an experiment holds. */
    this.tooMany = false
    /** @type {Agreement|null} */
    this.agreement = null
    /** Another one whenever numbers changed where they stand. */
    this.revision = 0
    /** Why it is not live: a key of words, and the operations it is about; or texts of Python. */
    this.why = { key: "", kinds: "", texts: /** @type {string[]} */ ([]) }
    /** The call whose tape was refused. */
    this.refused = ""
    /** The tape of the call, whether or not its numbers can be computed here. @type {Tape|null} */
    this.told = null
  }

  get ready() {
    return this.state === "live"
  }

  /** Another call is shown: the tape that is here may hold for it, too. @param {Model} model @param {Graph} graph of the whole call */
  take(model, graph) {
    this.hand = null
    this.tooMany = false
    for (const [cells, recorded] of this.kept?.recorded ?? []) cells.set(recorded) // what changed since then is marked
    this.kept = null
    this.model = model
    this.graph = graph
    this.agreement = null
    const { sent, tape } = this
    if (this.told?.of !== model.options.call) this.told = null
    this.sent = null
    this.state = this.refused && this.refused === model.options.call ? "refused" : "none"
    if (tape && !model.options.stale) {
      if (sent) this.compare(sent)
      if (tape.of === model.options.call && this.believes()) this.state = "live"
      else this.tape = null
    }
    if (this.waits) this.want()
  }

  /** The reader came to the flow. */
  want() {
    const call = this.model?.options.call
    this.waits = this.state === "none" || this.state === "wanted"
    if (this.state !== "none" || !call || this.model?.options.stale || !this.bus.want) return
    this.state = "wanted"
    this.ask(call)
  }

  /** Ask once the page is at rest: a question takes along what its fields held before they were drawn anew. @param {string} call */
  ask(call) {
    if (this.state !== "wanted" || this.model?.options.call !== call) return
    const page = /** @type {HTMLElement|null} */ (globalThis.document?.querySelector("[data-testid=stApp]") ?? null)
    if (page?.dataset.testScriptState === "running") setTimeout(() => this.ask(call), PAUSE)
    else this.bus.want?.(call)
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
    this.waits = false
    this.proofs = proofs
    this.told = tape
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
      if (isParameter(id)) continue // its number came with the tape
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

  // -- numbers in the hand

  /** The leaf that a value is, or null if its numbers cannot be changed here. @param {Value} value */
  leafOf({ ids }) {
    const { tape, model } = this
    if (!this.ready || !tape) return null
    return ids.find((id) => tape.leaves.has(id) && model?.options.editable?.includes(id)) ?? null
  }

  /**
   * Take numbers into the hand.
   * @param {string|null} id of a leaf @param {number[]} cells @param {number} [cell] the one that was taken
   * @returns {boolean} whether they can be changed here
   */
  hold(id, cells, cell = cells[0]) {
    this.drop()
    const { tape } = this
    const numbers = id === null || !this.ready ? null : tape?.numbers(id)
    if (id === null || !tape || !numbers) return false
    if (!isParameter(id) && !this.model?.options.editable?.includes(id)) return false
    const whole = !tape.isFloat(id)
    const full = fullAt(this.recorded(id) ?? numbers)
    this.hand = { id, cell, cells: [], before: [], full, whole, why: "", recorded: new Map(), follow: [] }
    this.extend(cells)
    if (!this.hand.cells.length) {
      this.hand = null
      this.changed()
      return false
    }
    this.agreement = null
    const following = new Set(tape.following(id))
    for (const name of following) this.followed(this.hand, name, this.recorded(name))
    for (const { ids, cells } of this.graph?.values ?? []) {
      const name = ids.find((one) => following.has(one))
      if (name !== undefined) this.followed(this.hand, name, /** @type {Cells|null} */ (cells))
    }
    return true
  }

  /** Take more cells of the same tensor; all of them, or none where an experiment does not hold so many. @param {number[]} cells */
  extend(cells) {
    const { hand, tape } = this
    const numbers = hand && tape?.numbers(hand.id)
    if (!hand || !numbers) return
    const held = new Set(hand.cells)
    const more = cells.filter((cell) => !held.has(cell))
    this.tooMany = this.edited(hand.id, [...hand.cells, ...more]) > this.most
    if (this.tooMany) return
    hand.cells.push(...more)
    hand.before.push(...more.map((cell) => Number(numbers[cell])))
  }

  /** How many cells an experiment holds that were set by hand. */
  get most() {
    return this.model?.options.most ?? Infinity
  }

  /** How many cells are set by hand when these are. @param {string} id @param {number[]} cells */
  edited(id, cells) {
    if (isParameter(id)) return 0
    const { edited = {} } = this.model?.options ?? {}
    const shape = this.model?.known(/** @type {number} */ (this.model.number(id))).shape ?? []
    const own = new Set([...cells, ...(edited[id] ?? []).map((index) => flat(shape, index))])
    return Object.entries(edited).reduce((sum, [name, all]) => sum + (name === id ? 0 : all.length), own.size)
  }

  /**
   * Numbers in the hand as a field changes them; null where they cannot be changed here.
   * @param {string} id @param {number[]} cells @param {number} cell that the field stands on
   * @param {boolean} alone whether the others are 0 @returns {Trial|null}
   */
  trial(id, cells, cell, alone) {
    if (!this.hold(id, cells, cell)) return null
    return {
      show: (number) => this.move(cells.map((one) => (alone && one !== cell ? 0 : number))),
      step: (steps, fine) => {
        const numbers = cells.map((one) => this.numberAt(one))
        return this.shift(numbers, (steps * FULL) / (this.hand?.whole ? WHOLE : KEYS), fine)[cells.indexOf(cell)]
      },
      keep: () => this.keep(),
      drop: () => this.drop(),
    }
  }

  /** Move every number in the hand as far. @param {number[]} from @param {number} way in pixels of a drag @param {boolean} fine @returns what they are then */
  shift(from, way, fine) {
    const [low, high] = this.model?.options.limits?.[this.hand?.id ?? ""] ?? []
    const within = (/** @type {number} */ number) => Math.max(low ?? -Infinity, Math.min(high ?? Infinity, number))
    const numbers = from.map((number) => within(this.stepped(number, way, fine)))
    this.move(numbers)
    return numbers
  }

  /** The parameters that are numbers of the call: their leaves, how many cells each has, and what it is now. */
  get parameters() {
    const { tape } = this
    if (!this.ready || !tape) return []
    return [...tape.leaves.keys()].filter(isParameter).map((id) => {
      const { dtype, data } = tape.leaf(id)
      const [number] = data
      return { id, name: id.slice(PARAMETER.length), dtype, cells: Array.from(data.keys()), number: Number(number) }
    })
  }

  /** The number that a pen draws with: where the colour of the tensor is strongest. @param {boolean} image whether it is one */
  ink(image) {
    const { hand } = this
    const top = topOf((hand && this.recorded(hand.id)) ?? []) || 1
    return image ? (top > 1.5 ? 255 : 1) : hand?.whole ? Math.round(top) : top
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

  /** Change them, and everything that follows from them. @param {number[]} numbers of each cell @returns {boolean} whether the result can be believed */
  move(numbers) {
    const { tape, hand } = this
    if (!tape || !hand) return false
    hand.cells.forEach((cell, at) => {
      tape.set(hand.id, cell, numbers[at])
    })
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

  /** The number in the hand that was taken, now. */
  get number() {
    return this.hand ? this.numberAt(this.hand.cell) : NaN
  }

  /** @param {number} cell of what is in the hand */
  numberAt(cell) {
    const { tape, hand } = this
    return hand ? Number(tape?.numbers(hand.id)?.[cell]) : NaN
  }

  /** Let go of the numbers and keep them: TensorFlow is asked for its own. @returns {Sent|null} what differs from before, if anything */
  keep() {
    const { hand } = this
    if (!hand) return null
    const cells = hand.cells.filter((cell, at) => !Object.is(this.numberAt(cell), hand.before[at]))
    if (!cells.length) {
      this.drop()
      return null
    }
    this.sent = { id: hand.id, cells, numbers: cells.map((cell) => this.numberAt(cell)) }
    this.hand = null
    this.kept = hand
    return this.sent
  }

  /** Let go of the numbers as they were before. */
  drop() {
    const { tape, hand } = this
    if (!tape || !hand) return
    this.hand = null
    hand.cells.forEach((cell, at) => {
      tape.set(hand.id, cell, hand.before[at])
    })
    tape.replay(hand.id)
    for (const [cells, recorded] of hand.recorded) {
      cells.set(recorded)
      renumbered(cells)
    }
    this.revision += 1
    this.changed()
  }

  /** How far what was computed here is what TensorFlow gives. @param {Sent} sent */
  compare({ id, cells, numbers }) {
    const { tape, proofs } = this
    const theirs = this.recorded(id)
    if (!tape || !proofs) return
    if (!isParameter(id) && cells.some((cell, at) => !Object.is(Number(theirs?.[cell]), numbers[at]))) return
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
    if (tape.leaves.has(id)) return this.hand ? null : tape.moves(id, cell)
    const found = tape.trail(id, cell)
    for (const name of tape.leaves.keys()) if (isParameter(name)) found.delete(name) // no tensor to be lit
    return found
  }
}
