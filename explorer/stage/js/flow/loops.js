// The loops of a call: what a turn computes, what it hands to the next one, and which of its values are gates. All of it
// follows from who multiplies what, never from a name. Nothing here draws.

import { axisOf, isActivation, isContraction, signOf } from "./kinds.js"

/**
 * @import { Graph, Operation, Value } from "./graph.js"
 *
 * @typedef {(Value|null)[]} Series a value in every turn; null in a turn that did not need it
 *
 * @typedef {object} Part what of a constant a value is made with
 * @property {Value} of @property {number} from @property {number} to its columns: places along the last axis
 * @property {[number, number]|null} rows places along the first axis; null: all of them
 *
 * @typedef {"forget"|"write"|"new"|"show"|"reset"|"gate"|"state"|"value"} Role
 *
 * @typedef {object} Track one value through all turns
 * @property {Role} role @property {string} name what the source calls it, or ""
 * @property {Series} values @property {Part[]} parts
 * @property {{inputs: boolean, states: State[], tracks: Track[]}} needs what it is made of, each as far as the next track
 * @property {string} equation what it is made of, by the names of those; "" where that would be long
 *
 * @typedef {Track & {first: Value}} State a value that the next turn is given; `first`: what the first turn was given
 *
 * @typedef {object} Source what a turn takes out of a sequence
 * @property {Series} values @property {Value|null} of the sequence @property {number} axis its axis
 * @property {number[]} places where along that axis; [] where that is not known
 *
 * @typedef {object} Loop
 * @property {number} number as in `Operation.turns` @property {number} count of turns @property {Operation[]} operations
 * @property {Source[]} inputs @property {State[]} states @property {State|null} main the state that a gate lets through
 * @property {Series} kept what that gate leaves of it @property {Track[]} gates the candidate among them, as they are drawn
 * @property {Track|null} shown what comes out of a turn, if no state is
 * @property {Track[]} rows what is drawn instead where there are no gates, in running order
 * @property {Value[]} constants what is the same in all turns, in order of use
 * @property {Operation[]} before operations that only make what the loop is given
 * @property {Operation[]} after operations that only put together what its turns gave
 * @property {boolean} backwards whether it reads its sequence from the end
 * @property {(value: Value) => number} turnOf in which turn it was made or taken; -1: in none
 */

const GATES = new Set(["sigmoid", "hard_sigmoid"])
/** Operations that only arrange cells: what they make belongs to what they are given. */
const ARRANGING = new Set(["transpose", "swapaxes", "moveaxis", "permute_dimensions", "reshape"])
/** Operations that put the results of turns together. */
const GATHERING = new Set(["stack", "concatenate", "concat", ""])
/** So many rows a turn without gates has at most; if it makes more, those with a name. */
const FEW_ROWS = 4
const MOST_ROWS = 8
/** Characters of an equation. */
const LONGEST = 44

/** Every loop that hands a state on, or takes a sequence apart with the same weights in each turn. @param {Graph} graph @returns {Loop[]} */
export function loopsOf(graph) {
  /** @type {Map<number, Operation[]>} */
  const members = new Map()
  for (const operation of graph.operations) {
    for (const { loop } of operation.turns) {
      const found = members.get(loop)
      if (found) found.push(operation)
      else members.set(loop, [operation])
    }
  }
  const loops = [...members].flatMap(([number, operations]) => new Reader(graph, number, operations).loop() ?? [])
  loops.sort((one, other) => other.operations.length - one.operations.length)
  const taken = new Set()
  const outermost = loops.filter(({ operations }) => {
    if (operations.some((operation) => taken.has(operation))) return false
    for (const operation of operations) taken.add(operation)
    return true
  })
  return outermost.sort((one, other) => one.operations[0].order - other.operations[0].order)
}

/**
 * @typedef {object} Slot one operation of a turn, in every turn
 * @property {(Operation|null)[]} runs
 *
 * @typedef {{turn: number, slot: number, at: number}} Home where a value is made: as result `at` of a slot
 */

/** Reads one loop. */
class Reader {
  /** @param {Graph} graph @param {number} number @param {Operation[]} operations */
  constructor(graph, number, operations) {
    this.graph = graph
    this.number = number
    this.operations = operations
    this.turns = turnsOf(number, operations)
    this.slots = slotsOf(this.turns)
    /** @type {Map<Value, Home>} */
    this.homes = new Map()
    this.slots.forEach(({ runs }, slot) => {
      runs.forEach((run, turn) => {
        run?.results.forEach((value, at) => {
          this.homes.set(value, { turn, slot, at })
        })
      })
    })
    /** @type {Map<string, Value|null>} what turn 0 was given for a state, by its home */
    this.firsts = new Map()
    /** @type {Source[]} */
    this.inputs = []
    /** @type {Value[]} */
    this.constants = []
    /** @type {Set<number>} slots whose results are the same in all turns */
    this.fixed = new Set()
    /** The turn at which everything is read off: not the first, which is given what no turn made. */
    this.turn = this.fullest()
    /** @type {Map<Value, Track>} tracks by their value in that turn */
    this.tracks = new Map()
    /** @type {Map<Value, State>} states by their value in the turn before */
    this.befores = new Map()
  }

  /** @returns {Loop|null} null where it is no loop that can be drawn */
  loop() {
    const count = this.turns.length
    if (count < 2 || this.turns.some((turn) => !turn.length) || !this.link()) return null
    const states = [...this.firsts].map(([home, first]) => this.state(home, first))
    if (states.some((state) => state === null) || (!states.length && !this.inputs.length)) return null
    const gated = new Gating(this, /** @type {State[]} */ (states)).read()
    if (!gated) return null
    const { main, kept, gates, shown, rows } = gated
    for (const track of new Set(this.tracks.values())) this.explain(track)
    const places = this.inputs[0]?.places ?? []
    const loop = {
      number: this.number,
      count,
      operations: this.operations,
      inputs: this.inputs,
      states: /** @type {State[]} */ (states),
      main,
      kept,
      gates,
      shown,
      rows,
      constants: this.constants,
      before: /** @type {Operation[]} */ ([]),
      after: this.after(),
      backwards: places.length > 1 && places.every((place, turn) => !turn || place < places[turn - 1]),
      turnOf: (/** @type {Value} */ value) =>
        this.homes.get(value)?.turn ?? Math.max(-1, ...this.inputs.map(({ values }) => values.indexOf(value))),
    }
    loop.before = this.before(loop)
    return loop
  }

  /** The turn after the first in which most operations ran. */
  fullest() {
    let best = Math.min(1, this.turns.length - 1)
    for (let turn = best; turn < this.turns.length; turn++)
      if (this.turns[turn].length > this.turns[best].length) best = turn
    return best
  }

  /** A value through all turns. @param {Home} home @returns {Series} */
  series({ slot, at }) {
    return this.slots[slot].runs.map((run) => run?.results[at] ?? null)
  }

  /** Tell what every operand is; false if two turns do not do the same. */
  link() {
    return this.slots.every(({ runs }, slot) => {
      const most = Math.max(...runs.map((run) => run?.operands.length ?? 0))
      if (runs.some((run) => run && run.operands.length !== most)) return false
      if (this.pick(slot)) return true
      for (let position = 0; position < most; position++)
        if (!this.operand(runs.map((run) => run?.operands[position] ?? null))) return false
      if (most && runs.every((run) => run?.operands.every((value) => this.isFixed(value)))) this.fixed.add(slot)
      return true
    })
  }

  /** @param {Value} value whether it is the same in all turns */
  isFixed(value) {
    const home = this.homes.get(value)
    return home ? this.fixed.has(home.slot) : this.constants.includes(value)
  }

  /** Whether a slot takes one place of a sequence after the other. @param {number} slot */
  pick(slot) {
    const { runs } = this.slots[slot]
    const first = runs[0]
    if (!first || first.kind !== "[]" || first.operands.length !== 1) return false
    const [of] = first.operands
    if (of.role === "weight" || this.homes.has(of) || runs.some((run) => run?.operands[0] !== of)) return false
    const picked = runs.map((run) => (run ? pickedBy(run.attributes["1"] ?? "", of.shape) : null))
    const axis = picked[0]?.axis
    if (axis === undefined || picked.some((one) => one?.axis !== axis)) return false
    const places = picked.map((one) => one?.place ?? -1)
    if (new Set(places).size < places.length) return false
    this.inputs.push({ values: this.series({ turn: 0, slot, at: 0 }), of, axis, places })
    return true
  }

  /** One operand in every turn: of the same turn, of the turn before, a constant, or a part of a sequence. @param {Series} values */
  operand(values) {
    const homes = values.map((value) => (value ? (this.homes.get(value) ?? null) : null))
    const later = homes.findIndex((home, turn) => turn > 0 && values[turn] !== null)
    const home = later > 0 ? homes[later] : homes[0]
    const same = (/** @type {number} */ shift, /** @type {number} */ from) =>
      homes.every(
        (one, turn) =>
          turn < from
          || values[turn] === null
          || (one !== null && home !== null && one.turn === turn - shift && one.slot === home.slot && one.at === home.at),
      )
    if (homes.every((one) => one === null)) return this.outside(values)
    if (same(0, 0)) return !this.sourceless(home) || this.sequence(values)
    if (same(0, 1) && homes[0] === null && this.sourceless(home)) return this.sequence(values)
    if (home && same(1, 1) && homes[0] === null) return this.carried(home, values[0])
    return false
  }

  /** @param {Home|null} home whether nothing tells where the value comes from */
  sourceless(home) {
    return home !== null && this.slots[home.slot].runs.some((run) => run && !run.operands.length && !run.kind)
  }

  /** What no turn made: the same in all of them, or another one in each. @param {Series} values */
  outside(values) {
    const known = values.filter((value) => value !== null)
    if (known.length === 1 || known.every((value) => value === known[0])) {
      if (!this.constants.includes(known[0])) this.constants.push(known[0])
      return true
    }
    return this.sequence(values)
  }

  /** @param {Series} values one of a sequence in each turn */
  sequence(values) {
    const known = values.find((value, turn) => turn > 0 && value !== null)
    if (!known || values.some((value) => value?.role === "weight")) return false
    const found = this.inputs.find((input) => input.values.includes(known))
    if (found) {
      values.forEach((value, turn) => {
        found.values[turn] ??= value
      })
      return true
    }
    this.inputs.push({ values: [...values], ...locate(this.graph, values) })
    return true
  }

  /** @param {Home} home @param {Value|null} first */
  carried({ slot, at }, first) {
    const key = `${slot}.${at}`
    const known = this.firsts.get(key)
    if (known && first && known !== first) return false
    this.firsts.set(key, known ?? first)
    return true
  }

  /** @param {string} key @param {Value|null} first @returns {State|null} */
  state(key, first) {
    const [slot, at] = key.split(".").map(Number)
    const values = this.series({ turn: 0, slot, at })
    const now = values[this.turn] ?? values.find((value) => value !== null)
    const before = values[this.turn - 1]
    if (!first || !now || !before) return null
    const state = { ...emptyTrack("state", values), first }
    this.tracks.set(now, state)
    this.befores.set(before, state)
    return state
  }

  /** A value of the turn that is read, through all turns. @param {Value} value @param {Role} role @returns {Track} */
  track(value, role) {
    const known = this.tracks.get(value)
    if (known) return known
    const home = this.homes.get(value)
    const source = this.inputs.find(({ values }) => values.includes(value))
    const track = emptyTrack(role, home ? this.series(home) : (source?.values ?? []))
    this.tracks.set(value, track)
    return track
  }

  /** Those operations of the turn that is read that are given a value. @param {Value} value */
  uses(value) {
    return value.uses.filter((use) => this.turns[this.turn].includes(use))
  }

  /** Tell what a track is made of. @param {Track} track */
  explain(track) {
    const value = track.values[this.turn]
    if (!value) return
    const walk = new Walk(this, track)
    walk.into(value)
    track.parts = walk.parts
    track.needs = walk.needs
    track.equation = new Equation(this, value).text
  }

  /** Operations of which each only makes what the loop is given, in order. @param {Loop} loop */
  before({ inputs, states, after }) {
    const inside = new Set([...this.operations, ...after])
    const sequences = inputs.flatMap(({ of }) => (of?.maker && ARRANGING.has(of.maker.kind) ? [of] : []))
    const waiting = [...states.map(({ first }) => first), ...inputs.flatMap(({ values }) => values)]
    waiting.push(...this.constants, ...sequences)
    /** @type {Operation[]} */
    const found = []
    for (let at = 0; at < waiting.length; at++) {
      const maker = waiting[at]?.maker
      if (!maker || inside.has(maker)) continue
      if (maker.results.some((value) => value.role === "output" || value.uses.some((use) => !inside.has(use)))) continue
      inside.add(maker)
      found.push(maker)
      waiting.push(...maker.operands)
    }
    return found.sort((one, other) => one.order - other.order)
  }

  /** The operation that puts one value of every turn together, and those that arrange the result. */
  after() {
    const gather = this.graph.operations.find(
      ({ kind, operands, turns }) =>
        GATHERING.has(kind)
        && operands.length === this.turns.length
        && !turns.some(({ loop }) => loop === this.number)
        && this.isSeries(operands),
    )
    /** @type {Operation[]} */
    const found = gather ? [gather] : []
    for (let last = gather; last; last = found.includes(last) ? undefined : last) {
      const uses = last.results.length === 1 && last.results[0].role !== "output" ? last.results[0].uses : []
      if (uses.length !== 1 || !ARRANGING.has(uses[0].kind) || uses[0].operands.length !== 1) break
      found.push(uses[0])
      last = uses[0]
      found.pop()
      found.push(last)
    }
    return found
  }

  /** @param {Value[]} values whether they are one value of all turns, in order or from the end */
  isSeries(values) {
    const home = this.homes.get(values[0])
    if (!home) return false
    const series = this.series(home)
    const last = series.length - 1
    return values.every((value, at) => value === series[at]) || values.every((value, at) => value === series[last - at])
  }
}
