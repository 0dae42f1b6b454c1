// The loops of a call: what a turn computes, what it hands to the next one, and which of its values are gates. All of it
// follows from who is given what, never from a name. Nothing here draws.

import { axisOf, isActivation, isContraction, signOf, size, strides } from "./kinds.js"

/**
 * @import { Graph, Operation, Value } from "./graph.js"
 *
 * @typedef {(Value|null)[]} Series a value in every turn; null in a turn that did not need it
 *
 * @typedef {object} Part what of a weight, or of another constant, a value is made with
 * @property {Value} of @property {number} from @property {number} to places along its last axis
 * @property {[number, number]|null} rows places along its first axis; null: all of them
 *
 * @typedef {"forget"|"write"|"new"|"show"|"reset"|"gate"|"state"|"value"} Role
 *
 * @typedef {string|{track: Track}|{before: State}|{input: Source}|{constant: Value}} Token a piece of an equation
 *
 * @typedef {object} Track one value through all turns
 * @property {Role} role @property {string} name what the source calls it, or ""
 * @property {Series} values @property {Part[]} parts
 * @property {Needs} needs what it is made of, as far as other tracks
 * @property {Token[]} equation how; [] where that would be long
 *
 * @typedef {{inputs: Set<Source>, states: Set<State>, tracks: Set<Track>}} Needs `states`: as the turn before left them
 *
 * @typedef {Track & {first: Value}} State a value that the next turn is given; `first`: what the first turn was given
 *
 * @typedef {object} Source what a turn takes out of a sequence
 * @property {Series} values @property {Series[]} again the same, where a turn takes it more than once
 * @property {Value|null} of the sequence @property {number} axis its axis
 * @property {number[]} places where along that axis; [] where that is not known
 *
 * @typedef {object} Loop
 * @property {number} number as in `Operation.turns` @property {number} count of turns @property {number} turn that was read
 * @property {Operation[]} operations
 * @property {Source[]} inputs @property {State[]} states @property {State|null} main the state that a gate lets through
 * @property {Series} kept what that gate leaves of it @property {Track[]} gates the new content among them, as they are drawn
 * @property {Track|null} shown what a turn shows, if it is no state
 * @property {Track[]} rows what is drawn instead where no gate keeps a state, in running order
 * @property {Value[]} constants what is the same in all turns, in order of use
 * @property {Operation[]} before operations that only make what the loop starts with
 * @property {Operation[]} after operations that only put together what its turns gave @property {Series} gathered what they put together
 * @property {Map<Value, {turn: number}>} homes in which turn each value was made
 * @property {boolean} backwards whether it reads its sequence from the end
 */

const GATES = new Set(["sigmoid", "hard_sigmoid"])
/** Operations that only arrange cells. */
const ARRANGING = new Set(["transpose", "swapaxes", "moveaxis", "reshape", "squeeze", "expand_dims"])
/** Operations that make what a loop starts with: the first state, masks. Of nothing, or only of a shape. */
const PREPARING = new Set([...ARRANGING, "zeros", "ones", "full", "zeros_like", "ones_like", "dropout", "[]"])
/** Operations that put the results of turns together. */
const GATHERING = new Set(["stack", "concatenate", ""])
/** Operations that only choose cells. */
const CHOOSING = new Set(["split", "[]"])
/** So many rows a turn without gates shows; of more only those with a name. */
const FEW_ROWS = 4
const MOST_ROWS = 8
/** Pieces of an equation that is still read. */
const LONGEST = 16

/** Every loop that hands something on, or takes a sequence apart, with the same weights in all turns. @param {Graph} graph @returns {Loop[]} */
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

/** @typedef {{turn: number, slot: number, at: number}} Home where a value is made: as result `at` of a slot */

/** Reads one loop. A slot is one operation of a turn, in every turn. */
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
    this.slots.forEach((runs, slot) => {
      runs.forEach((run, turn) => {
        run?.results.forEach((value, at) => {
          this.homes.set(value, { turn, slot, at })
        })
      })
    })
    /** @type {Map<string, Value|null>} what the first turn was given for a state, by its home */
    this.firsts = new Map()
    /** @type {Source[]} */
    this.inputs = []
    /** @type {Value[]} */
    this.constants = []
    /** @type {Set<number>} slots that give the same in all turns */
    this.fixed = new Set()
    this.turn = this.fullest()
    /** @type {Map<Value, Track>} by its value in the turn that is read */
    this.tracks = new Map()
    /** @type {Map<Value, State>} by its value in the turn before */
    this.befores = new Map()
    /** @type {Map<Value, Source>} by its value in the turn that is read */
    this.taken = new Map()
  }

  /** @returns {Loop|null} null where it is none that can be drawn */
  loop() {
    if (this.turns.length < 2 || this.turns.some((turn) => !turn?.length) || !this.link()) return null
    const states = this.states()
    if (!states || !(states.length || this.inputs.length)) return null
    for (const input of this.inputs) {
      for (const { [this.turn]: value } of [input.values, ...input.again]) if (value) this.taken.set(value, input)
    }
    const kept = keptBy(this, states)
    const found = kept.length > 1 ? null : kept.length ? gatesOf(this, kept[0]) : rowsOf(this)
    if (!found || this.tracks.size === 0) return null
    for (const [value, track] of this.tracks) explain(this, value, track)
    const { after, gathered } = gathering(this)
    const places = this.inputs[0]?.places ?? []
    return {
      number: this.number,
      count: this.turns.length,
      turn: this.turn,
      operations: this.operations,
      inputs: this.inputs,
      states,
      ...found,
      constants: this.constants,
      before: preparing(this, after),
      after,
      gathered,
      homes: this.homes,
      backwards: places.length > 1 && places.every((place, turn) => !turn || place < places[turn - 1]),
    }
  }

  /** The turn that is read: not the first, which is given what no turn made; of the others the first with most operations. */
  fullest() {
    let best = Math.min(1, this.turns.length - 1)
    for (let turn = best; turn < this.turns.length; turn++)
      if (this.turns[turn].length > this.turns[best].length) best = turn
    return best
  }

  /** The operations of the turn that is read. */
  get read() {
    return this.turns[this.turn]
  }

  /** One result of a slot in all turns. @param {number} slot @param {number} at @returns {Series} */
  series(slot, at) {
    return this.slots[slot].map((run) => run?.results[at] ?? null)
  }

  /** Tell what every operand is. False: the turns do not do the same. */
  link() {
    return this.slots.every((runs, slot) => {
      const counts = new Set(runs.flatMap((run) => (run ? [run.operands.length] : [])))
      if (counts.size > 1) return false
      if (this.pick(runs, slot)) return true
      const [count] = counts
      for (let position = 0; position < count; position++)
        if (!this.operand(runs.map((run) => run?.operands[position] ?? null))) return false
      if (count && runs.every((run) => run?.operands.every((value) => this.isFixed(value)) ?? true))
        this.fixed.add(slot)
      return true
    })
  }

  /** Whether a value is the same in all turns. @param {Value} value */
  isFixed(value) {
    const home = this.homes.get(value)
    return home ? this.fixed.has(home.slot) : this.constants.includes(value)
  }

  /** Whether a slot takes one place of a sequence after the other. @param {(Operation|null)[]} runs @param {number} slot */
  pick(runs, slot) {
    const of = runs[0]?.operands[0]
    if (!of || of.role === "weight" || this.homes.has(of)) return false
    if (runs.some((run) => run?.kind !== "[]" || run.operands.length !== 1 || run.operands[0] !== of)) return false
    const picked = runs.map((run) => pickedBy(run?.attributes["1"] ?? "", of.shape))
    const axis = picked[0]?.axis ?? -1
    const places = picked.map((one) => (one?.axis === axis ? one.place : -1))
    if (places.includes(-1) || new Set(places).size < places.length) return false
    const values = this.series(slot, 0)
    const arranged = of.maker && ARRANGING.has(of.maker.kind) ? locate(this.graph, values) : null
    this.take(values, arranged?.of ? arranged : { of, axis, places })
    return true
  }

  /** Note what is taken out of a sequence. @param {Series} values @param {Omit<Source, "values"|"again">} where */
  take(values, where) {
    const places = String(where.places)
    const known = this.inputs.find(
      ({ of, axis, places: own }) => of && of === where.of && axis === where.axis && String(own) === places,
    )
    if (known) known.again.push(values)
    else this.inputs.push({ values, again: [], ...where })
  }

  /** Tell what one operand is in all turns. @param {Series} values */
  operand(values) {
    const homes = values.map((value) => (value && this.homes.get(value)) ?? null)
    const home = homes.findLast((one) => one !== null)
    if (!home) return this.outside(values)
    /** Whether, from a turn on, all are the same result, made so many turns before. @type {(from: number, shift: number) => boolean} */
    const made = (from, shift) =>
      homes.every((one, turn) => {
        if (turn < from || values[turn] === null) return true
        return one !== null && one.turn === turn - shift && one.slot === home.slot && one.at === home.at
      })
    const unknown = this.slots[home.slot].some((run) => run && !run.operands.length && !run.kind)
    if (made(0, 0)) return !unknown || this.sequence(values)
    if (homes[0] !== null) return false
    if (made(1, 0)) return unknown && this.sequence(values)
    return made(1, 1) && this.carried(home, values[0])
  }

  /** What no turn made: the same in all of them, or another one in each. @param {Series} values */
  outside(values) {
    const known = values.filter((value) => value !== null)
    if (known.some((value) => value !== known[0])) return this.sequence(values)
    if (!this.constants.includes(known[0])) this.constants.push(known[0])
    return true
  }

  /** Another one in each turn. @param {Series} values */
  sequence(values) {
    if (values.some((value) => value?.role === "weight")) return false
    const known = this.inputs.flatMap((input) => [input.values, ...input.again])
    const found = known.find((one) => values.some((value) => value && one.includes(value)))
    if (!found) this.take(values, locate(this.graph, values))
    return !found || values.every((value, turn) => !value || !found[turn] || found[turn] === value)
  }

  /** @param {Home} home @param {Value|null} first what the first turn was given in its place */
  carried({ slot, at }, first) {
    const key = `${slot}.${at}`
    const known = this.firsts.get(key)
    if (known && first && known !== first) return false
    this.firsts.set(key, known ?? first)
    return true
  }

  /** What each turn is given by the one before; null where that is not known of all. @returns {State[]|null} */
  states() {
    const states = []
    for (const [key, first] of this.firsts) {
      const [slot, at] = key.split(".").map(Number)
      const values = this.series(slot, at)
      const [before, now] = [values[this.turn - 1], values[this.turn]]
      if (!first || !before || !now) return null
      const state = { ...track("state", values), first }
      this.tracks.set(now, state)
      this.befores.set(before, state)
      states.push(state)
    }
    return states
  }

  /** The track of a value of the turn that is read; a new one gets a role. @param {Value} value @param {Role} role */
  trackOf(value, role) {
    const known = this.tracks.get(value)
    if (known) return known
    const home = this.homes.get(value)
    const made = track(role, home ? this.series(home.slot, home.at) : (this.taken.get(value)?.values ?? []))
    this.tracks.set(value, made)
    return made
  }

  /** What the turn that is read does with a value. @param {Value} value */
  uses(value) {
    return value.uses.filter((use) => this.read.includes(use))
  }
}

/** @param {number} number of a loop @param {Operation[]} operations @returns {Operation[][]} by turn */
function turnsOf(number, operations) {
  /** @type {Operation[][]} */
  const turns = []
  for (const operation of operations) {
    const turn = operation.turns.find(({ loop }) => loop === number)?.turn ?? 0
    while (turns.length <= turn) turns.push([])
    turns[turn].push(operation)
  }
  return turns
}

/** The operations of all turns that stand at one place of the source. @param {Operation[][]} turns @returns {(Operation|null)[][]} */
function slotsOf(turns) {
  const keyed = turns.map((turn) => {
    /** @type {Map<string, number>} */
    const counts = new Map()
    return new Map(
      turn.map((operation) => {
        const place = `${operation.kind} ${operation.target} ${operation.text}`
        const count = counts.get(place) ?? 0
        counts.set(place, count + 1)
        return [`${count} ${place}`, operation]
      }),
    )
  })
  const longest = keyed.reduce((best, one) => (one.size > best.size ? one : best))
  const keys = new Set([longest, ...keyed].flatMap((one) => [...one.keys()]))
  return [...keys].map((key) => keyed.map((one) => one.get(key) ?? null))
}

/** @param {Role} role @param {Series} values @returns {Track} */
function track(role, values) {
  const named = values.filter((value) => value !== null && value.role === "")
  const names = new Set(named.map((value) => value?.title))
  const [name] = names.size === 1 ? names : [""]
  return {
    role,
    name: name ?? "",
    values,
    parts: [],
    needs: { inputs: new Set(), states: new Set(), tracks: new Set() },
    equation: [],
  }
}

// -- sequences

/** What an index takes out of a tensor: "(slice(None, None, None), 3)" takes place 3 of axis 1. @param {string} text @param {number[]} shape */
function pickedBy(text, shape) {
  const pieces = text
    .replace(/slice\(None, None, None\)/g, ":")
    .replace(/^\((.*?),?\)$/, "$1")
    .split(", ")
  const axis = pieces.findIndex((piece) => /^-?\d+$/.test(piece))
  if (axis < 0 || axis >= shape.length || pieces.some((piece, at) => at !== axis && piece !== ":")) return null
  const place = Number(pieces[axis])
  return { axis, place: place < 0 ? place + shape[axis] : place }
}

/** Of which sequence values are the parts. @param {Graph} graph @param {Series} values @returns {Omit<Source, "values"|"again">} */
function locate({ inputs }, values) {
  const slices = values.map((value) => value?.slice ?? null)
  const first = slices[0]
  const forth = values.map((_, turn) => turn)
  for (const of of first ? [first.of] : inputs) {
    if (of.shape[1] !== values.length) continue
    for (const places of [forth, forth.toReversed()])
      if (places.every((place, turn) => isPlace(of, place, values[turn]))) return { of, axis: 1, places }
  }
  if (first && slices.every((slice) => slice?.of === first.of && slice.axis === first.axis))
    return { of: first.of, axis: first.axis, places: slices.map((slice) => slice?.place ?? -1) }
  return { of: null, axis: -1, places: [] }
}

/** Whether a value is what a tensor holds at a place of its second axis. @param {Value} whole @param {number} place @param {Value|null} part */
function isPlace({ shape, cells }, place, part) {
  const apart = part?.cells
  const inner = size(shape.slice(2))
  if (!cells || !apart || apart.length !== shape[0] * inner) return false
  for (let at = 0; at < apart.length; at++) {
    const cell = cells[(Math.floor(at / inner) * shape[1] + place) * inner + (at % inner)]
    if (!Object.is(cell, apart[at]) && cell !== apart[at]) return false
  }
  return true
}

// -- gates

/**
 * @typedef {Pick<Loop, "main"|"kept"|"gates"|"shown"|"rows">} Found
 * @typedef {{gate: Value, other: Value, product: Value}} Gated a gate, what it is multiplied by, and their product
 */

/** The sign of an operation; `+=` is a sum too. @param {Operation} operation */
function plainSign(operation) {
  return signOf({ ...operation, kind: operation.kind.replace(/^([-+*/@])=$/, "$1") })
}

/** What every gate of the turn that is read is multiplied by. One less a gate is a gate too. @param {Reader} reader @returns {Gated[]} */
function gatedBy(reader) {
  const gates = reader.read.flatMap(({ kind, results: [gate] }) =>
    GATES.has(kind) ? [gate, ...reader.uses(gate).flatMap((use) => (isOneLess(use, gate) ? use.results : []))] : [],
  )
  return gates.flatMap((gate) =>
    reader.uses(gate).flatMap((use) => {
      const { operands, results } = use
      if (plainSign(use) !== "×" || operands.length !== 2) return []
      return [{ gate, other: operands[operands[0] === gate ? 1 : 0], product: results[0] }]
    }),
  )
}

/** Whether an operation takes a gate from one. @param {Operation} operation @param {Value} gate */
function isOneLess(operation, gate) {
  const { given, attributes, operands } = operation
  const taken = given["1"] ?? given.x2
  const from = attributes["0"] ?? attributes.x1
  return plainSign(operation) === "−" && operands.length === 1 && taken?.[0] === gate && Number(from) === 1
}

/** What a value is the sum of. @param {Reader} reader @param {Value} value @returns {Value[]} */
function summands(reader, value) {
  const { maker } = value
  if (!maker || plainSign(maker) !== "+" || !reader.read.includes(maker)) return [value]
  return maker.operands.flatMap((operand) => summands(reader, operand))
}

/**
 * The states of which a gate lets a part through, to which something else is added.
 * @typedef {{state: State, parts: Value[], through: Gated, gated: Gated[]}} Kept
 * @param {Reader} reader @param {State[]} states @returns {Kept[]}
 */
function keptBy(reader, states) {
  const gated = gatedBy(reader)
  return states.flatMap((state) => {
    const parts = summands(reader, /** @type {Value} */ (state.values[reader.turn]))
    const through = gated.find(({ other, product }) => reader.befores.get(other) === state && parts.includes(product))
    return through && parts.length > 1 ? [{ state, parts, through, gated }] : []
  })
}

/** The gates around a state that one of them lets through. @param {Reader} reader @param {Kept} kept @returns {Found} */
function gatesOf(reader, { state: main, parts, through, gated }) {
  const now = main.values[reader.turn]
  const written = gated.filter(
    (one) => one !== through && parts.includes(one.product) && !reader.befores.has(one.other),
  )
  const shown = gated.filter(({ other }) => other === now || isActivationOf(other, now))
  const rest = gated.filter((one) => one !== through && !written.includes(one) && !shown.includes(one))
  const shows = shown.map(({ product }) => product).filter((value) => !reader.tracks.has(value))
  /** @type {[Value, Role][]} */
  const members = [
    [through.gate, "forget"],
    ...written.map(({ gate }) => /** @type {[Value, Role]} */ ([gate, "write"])),
    ...written.map(({ other }) => /** @type {[Value, Role]} */ ([other, "new"])),
    ...rest.map(({ gate, other }) => /** @type {[Value, Role]} */ ([gate, isOf(reader, other) ? "reset" : "gate"])),
    ...shown.map(({ gate }) => /** @type {[Value, Role]} */ ([gate, "show"])),
  ]
  const home = /** @type {Home} */ (reader.homes.get(through.product))
  return {
    main,
    kept: reader.series(home.slot, home.at),
    gates: [...new Set(members.map(([value, role]) => reader.trackOf(value, role)))],
    shown: shows.length ? reader.trackOf(shows[0], "value") : null,
    rows: [],
  }
}

/** Whether a value is an activation of another one. @param {Value} value @param {Value|null} of */
function isActivationOf({ maker }, of) {
  return maker !== null && isActivation(maker) && maker.operands[0] === of
}

/** Whether a value is made of what the turn before left. @param {Reader} reader @param {Value} value */
function isOf(reader, value) {
  const waiting = [value]
  for (let at = 0; at < waiting.length; at++) {
    if (reader.befores.has(waiting[at])) return true
    const { maker } = waiting[at]
    if (maker && reader.read.includes(maker)) waiting.push(...maker.operands.filter((one) => !waiting.includes(one)))
  }
  return false
}

/** What a turn without such gates shows: all that it makes, or all that has a name. @param {Reader} reader @returns {Found|null} */
function rowsOf(reader) {
  const gates = new Set(gatedBy(reader).map(({ gate }) => gate))
  const made = reader.read.flatMap((operation) =>
    CHOOSING.has(operation.kind) || !operation.operands.length ? [] : operation.results,
  )
  const free = made.filter((value) => !reader.isFixed(value) && !reader.tracks.has(value) && !reader.taken.has(value))
  const rows = free.length <= FEW_ROWS ? free : free.filter((value) => value.title || gates.has(value))
  if (rows.length > MOST_ROWS) return null
  return {
    main: null,
    kept: [],
    gates: [],
    shown: null,
    rows: rows.map((value) => reader.trackOf(value, gates.has(value) ? "gate" : "value")),
  }
}

// -- what a value is made of

/** @param {Reader} reader @param {Value} value @param {Track} into */
function explain(reader, value, into) {
  const known = new Set()
  /** @param {Value} one @param {number} from @param {number} to @param {[number, number]|null} rows */
  const walk = (one, from, to, rows) => {
    const key = `${one.number} ${from} ${to} ${rows}`
    if (known.has(key) || (one !== value && note(reader, into.needs, one))) return
    known.add(key)
    const { maker } = one
    if (!maker || !reader.read.includes(maker)) {
      if (one.shape.length) into.parts.push({ of: one, from, to, rows })
      return
    }
    for (const [operand, first, last, part] of madeOf(maker, one, from, to)) walk(operand, first, last, part ?? rows)
  }
  walk(value, 0, value.shape.at(-1) ?? 1, null)
  into.equation = equationOf(reader, value)
}

/** Whether another track, a state or the sequence explains a value: then note it. @param {Reader} reader @param {Needs} needs @param {Value} value */
function note(reader, { inputs, states, tracks }, value) {
  const [input, state, other] = [reader.taken.get(value), reader.befores.get(value), reader.tracks.get(value)]
  if (input) inputs.add(input)
  else if (state) states.add(state)
  else if (other) tracks.add(other)
  return Boolean(input || state || other)
}

/**
 * What a stretch of a result's last axis is made of: operands, each with a stretch of its last axis, and of its first.
 * @param {Operation} operation @param {Value} result @param {number} from @param {number} to
 * @returns {[Value, number, number, [number, number]|null][]}
 */
function madeOf(operation, result, from, to) {
  const { kind, operands, results } = operation
  const width = result.shape.at(-1) ?? 1
  const whole = (/** @type {Value} */ value) => value.shape.at(-1) ?? 1
  const [source] = operands
  if (kind === "split" && source) {
    const axis = axisOf(operation, source.shape.length)
    const place = results.indexOf(result)
    if (axis === source.shape.length - 1) {
      const before = results.slice(0, place).reduce((sum, one) => sum + whole(one), 0)
      return [[source, before + from, before + to, null]]
    }
    const rows = source.shape[0] / results.length
    return [[source, from, to, axis === 0 ? [place * rows, (place + 1) * rows] : null]]
  }
  if (kind === "[]" && source) {
    const start = stretchOf(operation.attributes["1"] ?? "", source.shape, width)
    return [start === null ? [source, 0, whole(source), null] : [source, start + from, start + to, null]]
  }
  if (isContraction(operation) && operands.length > 1)
    return operands.map((one, at) =>
      at === 1 && whole(one) === width ? [one, from, to, null] : [one, 0, whole(one), null],
    )
  return operands.map((one) => (whole(one) === width ? [one, from, to, null] : [one, 0, whole(one), null]))
}

/** Where an index begins along the last axis, if it takes a stretch of it and all of the others. @param {string} text @param {number[]} shape @param {number} width */
function stretchOf(text, shape, width) {
  const found = /^\(?((?:(?:slice\(None, None, None\)|Ellipsis), )*)slice\((None|\d+), (None|\d+), None\),?\)?$/.exec(
    text,
  )
  if (!found) return null
  const last = shape.at(-1) ?? 1
  const named = found[1].split("slice").length
  if (!found[1].includes("Ellipsis") && named !== shape.length) return null
  const [start, stop] = [Number(found[2].replace("None", "0")), found[3] === "None" ? last : Number(found[3])]
  return Math.min(stop, last) - start === width ? start : null
}

/** How a value is made, as far as other tracks. @param {Reader} reader @param {Value} value @returns {Token[]} */
function equationOf(reader, value) {
  /**
   * @param {Value} one @param {number} level how strongly what stands around it binds: 1 sums, 2 products, 3 all
   * @param {string} around the sign of that @returns {Token[]}
   */
  const term = (one, level, around) => {
    if (one !== value) {
      const [input, state, other] = [reader.taken.get(one), reader.befores.get(one), reader.tracks.get(one)]
      if (input) return [{ input }]
      if (state) return [{ before: state }]
      if (other) return [{ track: other }]
    }
    const { maker } = one
    if (!maker || !reader.read.includes(maker)) return [{ constant: one }]
    const { kind, operands } = maker
    const sign = plainSign(maker)
    if (CHOOSING.has(kind)) return term(operands[0], level, around)
    const [left, right] = isActivation(maker) ? [] : pairOf(maker)
    if (!left || !right) {
      const listed = operands.flatMap((two, at) => [...(at ? [", "] : []), ...term(two, 1, "")])
      return [`${sign}(`, ...listed, ")"]
    }
    const binds = sign === "+" || sign === "−" ? 1 : 2
    const both = [left, right].map((side, at) =>
      typeof side === "string" ? [side] : term(side, at && sign !== "+" ? binds + 1 : binds, sign),
    )
    const tokens = [...both[0], ` ${sign} `, ...both[1]]
    const mixed = binds === 2 && level === 2 && sign !== around
    return binds < level || mixed ? ["(", ...tokens, ")"] : tokens
  }
  const tokens = term(value, 1, "")
  return tokens.length > LONGEST ? [] : tokens
}

/** Both sides of an operator; one of them may be a number of the source. @param {Operation} operation @returns {(Value|string|undefined)[]} */
function pairOf({ given, attributes, operands }) {
  if (operands.length === 2) return operands
  const number = (/** @type {string|undefined} */ text) => (text && !Number.isNaN(Number(text)) ? text : undefined)
  const side = (/** @type {string} */ place, /** @type {string} */ name) =>
    (given[place] ?? given[name])?.[0] ?? number(attributes[place] ?? attributes[name])
  return operands.length === 1 ? [side("0", "x1"), side("1", "x2")] : []
}

// -- around the loop

/** Operations outside that only make what the loop starts with, in order. @param {Reader} reader @param {Operation[]} after @returns {Operation[]} */
function preparing(reader, after) {
  const inside = new Set([...reader.operations, ...after])
  const given = reader.operations.flatMap(({ operands }) => operands)
  /** @type {Set<Operation>} */
  const makers = new Set()
  given.forEach(collect)
  /** @param {Value} value */
  function collect({ maker }) {
    if (!maker || inside.has(maker) || makers.has(maker) || !PREPARING.has(maker.kind)) return
    makers.add(maker)
    maker.operands.forEach(collect)
  }
  const latest = [...makers].sort((one, other) => other.order - one.order)
  const only = latest.filter((operation) => {
    const alone = operation.results.every(({ role, uses }) => role !== "output" && uses.every((use) => inside.has(use)))
    if (alone) inside.add(operation)
    return alone
  })
  return only.reverse()
}

/**
 * The operation that puts one value of every turn together, the one that arranges the result, and that value.
 * @param {Reader} reader @returns {{after: Operation[], gathered: Series}}
 */
function gathering(reader) {
  const inside = new Set(reader.operations)
  for (const gather of reader.graph.operations) {
    if (!GATHERING.has(gather.kind) || inside.has(gather) || gather.results.length !== 1) continue
    const gathered = gatheredBy(reader, gather)
    if (!gathered) continue
    const [{ role, uses }] = gather.results
    const [next] = uses
    const arranged = role !== "output" && uses.length === 1 && ARRANGING.has(next.kind) && next.operands.length === 1
    return { after: arranged ? [gather, next] : [gather], gathered }
  }
  return { after: [], gathered: [] }
}

/** Which value of every turn an operation puts together, in order or from the end. @param {Reader} reader @param {Operation} operation */
function gatheredBy(reader, { operands, results: [result] }) {
  for (const series of operands.length ? [] : [...reader.tracks.values()].map(({ values }) => values)) {
    const all = result.shape[1] === series.length && result.shape.length === (series[0]?.shape.length ?? 0) + 1
    if (all && series.every((value, turn) => isPlace(result, turn, value))) return series
  }
  const home = operands.length === reader.turns.length ? reader.homes.get(operands[0]) : undefined
  if (!home) return null
  const series = reader.series(home.slot, home.at)
  const is = (/** @type {Series} */ one) => operands.every((value, at) => value === one[at])
  return is(series) || is(series.toReversed()) ? series : null
}

/** The cells of a part, row by row: a function of row and column. @param {Part} part */
export function cellsOf({ of, from, to, rows }) {
  const { shape } = of
  const width = shape.at(-1) ?? 1
  const [first, last] = rows ?? [0, shape[0]]
  const each = shape.length > 1 ? strides(shape)[0] / width : 1
  const count = shape.length > 1 ? (last - first) * each : 1
  const start = shape.length > 1 ? first * each : 0
  return {
    rows: count,
    columns: to - from,
    at: (/** @type {number} */ row, /** @type {number} */ column) => (start + row) * width + from + column,
  }
}
