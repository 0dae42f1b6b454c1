// Which blocks a flow is drawn as when so much of it is folded, and which wires lead from one to the next. Each operation
// is in one block; each value is a block, a bead on a wire, at an operator, or inside a block. Sizes come later.

import { kept } from "../core/dom.js"
import { groupsOf } from "./folding.js"
import { isContraction, isElementwise, signOf } from "./kinds.js"

/**
 * @import { Folding, Form } from "./folding.js" @import { Graph, Operation, Value } from "./graph.js"
 * @import { Claim, Figure, State } from "./scene.js" @import { Lay } from "./view.js"
 *
 * @typedef {object} Place where a block stands, in pixels; its box, names included, is `w` wide about `cx`
 * @property {number} cx @property {number} cy @property {number} w @property {number} h `up` and `down`
 * @property {number} up @property {number} down how far the box reaches above and below `cy`
 * @property {number} left @property {number} right where wires end and begin
 * @property {number} column @property {number} row its place in its column
 * @property {number} order of its first operation; -1 of what was there before
 *
 * @typedef {object} Cells how the cells of a value are drawn: pictures of `view`, `cell` wide and high, `gap` apart
 * @property {Value} value @property {Lay} view @property {number} cell @property {number} gap
 * @property {number} cw @property {number} ch of all pictures @property {string} title @property {string} dims
 * @property {number} nameSize pixels of the title's letters
 *
 * @typedef {object} Samples the thumbnails of a batch above an input, from the left edge of its cells on
 * @property {number} count how many are shown @property {number} unit pixels of one cell
 * @property {number} w @property {number} h of one @property {number} step from one to the next
 * @property {number} above from the input's `cy` up to their upper edge
 *
 * @typedef {Place & Cells & {kind: "tensor", style: "cells"|"bars", samples: Samples|null, over: Weight|null}} TensorBlock
 *   one tensor; `over`: the weight that stands above it, column over column
 *
 * @typedef {object} AtOperator what only a weight has
 * @property {Operation} operation that it enters @property {boolean} below whether it stands below its operator
 * @property {boolean} thumbnail @property {TensorBlock|null} over the result that it stands above instead
 * @property {number} cx @property {number} cy of its pictures @property {number} w @property {number} h of its pictures
 * @property {number} y their upper edge @property {number} tw of the pictures and the names above them
 *
 * @typedef {Cells & AtOperator} Weight a weight at its operator
 *
 * @typedef {object} Operator a circle with a sign, or a pill with a word
 * @property {Operation} operation @property {number} cx @property {number} w @property {string} sign
 * @property {boolean} text whether it is a pill
 *
 * @typedef {object} Chain what an operators block has
 * @property {"operators"} kind @property {Operator[]} operators on one wire, in order
 * @property {Weight[]} weights @property {Bead[]} beads between its operators @property {Value[]} loose nameless results that nothing takes
 * @property {number} r half the height of an operator @property {Value[]} ins @property {Value[]} outs
 *
 * @typedef {Place & Chain} OperatorsBlock
 *
 * @typedef {Place & {kind: "figure", figure: Figure, claim: Claim, from: TensorBlock[], ports: number[]|null,
 *   ins: Value[], outs: Value[]}} FigureBlock a figure, from the blocks of what it takes
 *
 * @typedef {{key: string, count: number}} Label the key of a text and its parameter
 * @typedef {Place & {kind: "folded", form: Form, label: Label, operations: Operation[], values: Value[],
 *   ins: Value[], outs: Value[]}} FoldedBlock operations as one; `values` are inside it
 *
 * @typedef {TensorBlock|OperatorsBlock|FigureBlock|FoldedBlock} Block
 * @typedef {{value: Value, x: number, y: number}} Bead a value that is drawn on its wire
 *
 * @typedef {object} Link what leads from a block to another
 * @property {Value} value @property {Block} a @property {Block} b @property {Operation|null} operation that it feeds
 * @property {boolean} bead whether the value is drawn on the wire @property {boolean} drawn whether the stage draws it
 *
 * @typedef {{figure: Figure, claim: Claim}} Claimed
 * @typedef {{blocks: Block[], links: Link[]}} Sketch
 *
 * @typedef {"tensor"|"bead"|"weight"|"inside"|"loose"|"none"} Whereabouts how a value is drawn
 */

/** The texts of a group, by its form. */
const LABELS = { operations: "flow.operations", turns: "flow.turns", loop: "flow.loop" }

/** @param {number} order @returns {Place} */
function noPlace(order) {
  return { cx: 0, cy: 0, w: 0, h: 0, up: 0, down: 0, left: 0, right: 0, column: 0, row: 0, order }
}

/** What figures claim, the most particular first; no operation twice. @param {Graph} graph @param {Figure[]} figures @param {State} state */
export function claimsOf(graph, figures, state) {
  const taken = new Set()
  /** @type {Claimed[]} */
  const found = []
  for (const figure of figures.toSorted((a, b) => b.rank - a.rank)) {
    for (const claim of figure.claims(graph, state)) {
      if (!claim.operations.length || claim.operations.some((/** @type {Operation} */ one) => taken.has(one))) continue
      for (const operation of claim.operations) taken.add(operation)
      found.push({ figure, claim })
    }
  }
  return found
}

/** Makes the sketches of one flow. Tensors and weights are made once: only the last sketch that was made may be used. */
export class Drawing {
  /** @param {Graph} graph */
  constructor(graph) {
    this.graph = graph
    /** @type {Map<Value, TensorBlock>} */
    this.tensors = new Map()
    /** @type {Map<Operation, Weight[]>} */
    this.weights = new Map()
  }

  /** @param {Claimed[]} claimed @param {Folding} folding @returns {Sketch} */
  sketch(claimed, folding) {
    return new Draft(this, claimed, folding).sketch()
  }

  /** @param {Value} value */
  tensor(value) {
    return kept(this.tensors, value, () => tensorOf(value))
  }

  /** The weights of an operation. @param {Operation} operation */
  weightsOf(operation) {
    return kept(this.weights, operation, () =>
      [...new Set(operation.operands)].filter(isWeight).map((value) => weightOf(value, operation)),
    )
  }
}

/** Whether a value is a weight that nothing makes. @param {Value} value */
function isWeight({ role, maker }) {
  return role === "weight" && !maker
}

/** What is known while blocks are made. */
class Draft {
  /** @param {Drawing} drawing @param {Claimed[]} claimed @param {Folding} folding */
  constructor(drawing, claimed, folding) {
    const { graph } = drawing
    this.graph = graph
    this.drawing = drawing
    this.folding = folding
    /** @type {Map<Operation, Block>} the block of each operation, as soon as it has one */
    this.homes = new Map()
    /** @type {Map<Value, FigureBlock>} values that only a figure draws */
    this.hiders = new Map()
    /** Values that figures are fed with, or make: others draw them. */
    this.asked = new Set(claimed.flatMap(({ claim }) => [...claim.takes, ...claim.gives]))
    const masks = folding.level < 7 ? graph.masks.filter(({ uses }) => uses.length) : []
    /** Values that are drawn whatever happens to them. */
    this.ends = new Set([...graph.inputs, ...masks, ...graph.outputs])
    /** @type {Map<Value, Whereabouts>} */
    this.found = new Map()
    /** @type {Map<Value, Value[]>} what was taken out of a value before the call */
    this.slices = new Map()
    for (const value of graph.values) {
      if (value.slice) this.slices.set(value.slice.of, [...(this.slices.get(value.slice.of) ?? []), value])
    }
    this.figures = claimed.map((one) => this.figure(one))
    const free = graph.operations.filter((operation) => !this.homes.has(operation))
    this.groups = groupsOf(free, folding).map(({ form, count, operations }) => this.group(form, count, operations))
  }

  /** @param {Claimed} claimed @returns {FigureBlock} */
  figure({ figure, claim }) {
    const place = noPlace(claim.operations[0].order)
    /** @type {FigureBlock} */
    const block = { ...place, kind: "figure", figure, claim, from: [], ports: null, ins: [], outs: [] }
    for (const operation of claim.operations) this.homes.set(operation, block)
    for (const value of claim.hides) this.hiders.set(value, block)
    return block
  }

  /** @param {Form} form @param {number} count @param {Operation[]} operations @returns {FoldedBlock} */
  group(form, count, operations) {
    const label = { key: LABELS[form], count }
    const place = noPlace(operations[0].order)
    /** @type {FoldedBlock} */
    const block = { ...place, kind: "folded", form, label, operations, values: [], ins: [], outs: [] }
    for (const operation of operations) this.homes.set(operation, block)
    return block
  }

  /** @returns {Sketch} */
  sketch() {
    const { graph, figures, groups } = this
    for (const value of graph.values) this.whereabouts(value)
    const chains = this.chains().map((chain) => this.run(chain))
    for (const block of figures) this.feedFigure(block)
    for (const block of [...groups, ...chains]) if (block.kind === "folded") this.feedGroup(block)
    const makers = [...figures, ...groups, ...chains]
    /** @type {Map<Value, TensorBlock>} */
    const tensors = new Map()
    for (const value of graph.values) if (this.is(value, "tensor")) tensors.set(value, this.drawing.tensor(value))
    for (const block of figures) block.from = block.claim.takes.flatMap((value) => tensors.get(value) ?? [])
    const blocks = [...tensors.values(), ...makers]
    return { blocks, links: this.links(blocks, tensors) }
  }

  // -- how each value is drawn

  /** @param {Value} value @param {Whereabouts} place */
  is(value, place) {
    return this.whereabouts(value) === place
  }

  /** @param {Value} value @returns {Whereabouts} */
  whereabouts(value) {
    let found = this.found.get(value)
    if (!found) {
      found = this.find(value)
      this.found.set(value, found)
    }
    return found
  }

  /** @param {Value} value @returns {Whereabouts} */
  find(value) {
    if (this.hiders.has(value)) return "inside"
    if (this.ends.has(value) || this.asked.has(value)) return "tensor"
    if (this.soleHome(value)) return "inside"
    return value.maker ? this.findMade(value, value.maker) : this.findGiven(value)
  }

  /** The one figure or group in which a value is made, if it is made, and used. @param {Value} value */
  soleHome({ maker, uses }) {
    const [first, ...rest] = maker ? [maker, ...uses] : uses
    const home = first && this.homes.get(first)
    if (!home || home.kind === "operators") return null
    return rest.every((operation) => this.homes.get(operation) === home) ? home : null
  }

  /** A value that no operation made. @param {Value} value @returns {Whereabouts} */
  findGiven(value) {
    const taken = this.slices.get(value)?.some(({ uses }) => uses.length) ?? false
    if (!value.uses.length && !taken) return "none"
    if (value.role === "weight") return taken ? "tensor" : "weight"
    const free = value.uses.every((operation) => this.homes.get(operation)?.kind !== "figure")
    const source = value.slice && this.is(value.slice.of, "tensor")
    return source && free && this.folding.level > 0 ? "bead" : "tensor"
  }

  /** @param {Value} value @param {Operation} maker @returns {Whereabouts} */
  findMade({ title, uses }, maker) {
    const { level } = this.folding
    if (level === 0) return "tensor"
    if (!uses.length) return title && level < 4 ? "tensor" : "loose"
    const around = [maker, ...uses].map((operation) => this.homes.get(operation)?.kind)
    if (around.includes("figure")) return "tensor"
    if (!title && (uses.length === 1 || level >= 4)) return "bead"
    if (level < 2 || uses.length > 1 || around.includes("folded")) return "tensor"
    const summed = isContraction(maker) || signOf(maker) === "+"
    return summed && isElementwise(uses[0]) ? "bead" : "tensor"
  }

  // -- blocks of operators

  /** Operators on one wire, wherever one feeds only the next. @returns {OperatorsBlock[]} */
  chains() {
    /** @type {OperatorsBlock[]} */
    const chains = []
    for (const operation of this.graph.operations) {
      if (this.homes.has(operation)) continue
      const weights = this.drawing.weightsOf(operation).filter(({ value }) => this.atOperator(value))
      const fed = [...new Set(operation.operands)].filter((value) => !this.atOperator(value))
      let chain = this.chainBefore(fed)
      if (chain) chain.beads.push({ value: fed[0], x: 0, y: 0 })
      else {
        chain = chainOf(operation, fed)
        chains.push(chain)
      }
      this.homes.set(operation, chain)
      chain.operators.push({ operation, cx: 0, w: 0, sign: "", text: false })
      chain.weights.push(...weights)
      chain.outs = operation.results.filter((value) => !this.is(value, "loose"))
      chain.loose.push(...operation.results.filter((value) => this.is(value, "loose")))
    }
    return chains
  }

  /** Whether a value stands at the operators that it enters. @param {Value} value */
  atOperator(value) {
    return isWeight(value) && !this.is(value, "tensor")
  }

  /** The chain that an operation continues. @param {Value[]} fed with what it is fed, weights aside @returns {OperatorsBlock|null} */
  chainBefore(fed) {
    const [value] = fed
    if (fed.length !== 1 || !value.maker || value.uses.length !== 1 || !this.is(value, "bead")) return null
    const home = this.homes.get(value.maker)
    return home?.kind === "operators" && value.maker.results.length === 1 ? home : null
  }

  /** A long chain becomes a group. @param {OperatorsBlock} chain @returns {OperatorsBlock|FoldedBlock} */
  run(chain) {
    const operations = chain.operators.map(({ operation }) => operation)
    return operations.length < this.folding.run ? chain : this.group("operations", operations.length, operations)
  }

  // -- what goes into a block and comes out

  /** What a figure draws of its own, and other operands that are made elsewhere. @param {FigureBlock} block */
  feedFigure(block) {
    const { operations, takes, gives } = block.claim
    const outside = (/** @type {Value} */ value) =>
      value.maker ? this.homes.get(value.maker) !== block : this.is(value, "tensor") || this.is(value, "bead")
    const fed = operations.flatMap(({ operands }) => operands.filter(outside))
    const made = operations.flatMap(({ results }) => results.filter((value) => this.is(value, "tensor")))
    block.ins = [...new Set([...takes, ...fed])]
    block.outs = [...new Set([...gives, ...made])]
  }

  /** @param {FoldedBlock} block */
  feedGroup(block) {
    const ins = new Set()
    const inside = new Set()
    const outs = new Set()
    for (const { operands, results } of block.operations) {
      for (const value of operands) {
        const own = value.maker && this.homes.get(value.maker) === block
        const taken = !value.maker && this.is(value, "inside") && value.slice
        if (taken) ins.add(value.slice?.of)
        if (own || taken || this.atOperator(value)) inside.add(value)
        else if (value.maker || !this.is(value, "inside")) ins.add(value)
        else inside.add(value)
      }
      for (const value of results) (this.usedOutside(value, block) ? outs : inside).add(value)
    }
    for (const value of outs) inside.delete(value)
    block.ins = [...ins]
    block.outs = [...outs]
    block.values = [...inside]
  }

  /** @param {Value} value @param {FoldedBlock} block */
  usedOutside(value, block) {
    return this.is(value, "tensor") || value.uses.some((operation) => this.homes.get(operation) !== block)
  }

  // -- wires

  /** @param {Block[]} blocks @param {Map<Value, TensorBlock>} tensors @returns {Link[]} */
  links(blocks, tensors) {
    return blocks.flatMap((block) => {
      const ins = block.kind === "tensor" ? [block.value] : block.ins
      return ins.flatMap((value) => {
        const a = block.kind === "tensor" ? this.makerOf(value, tensors) : this.sourceOf(value, tensors)
        if (!a || a === block) return []
        const silent = [a, block].some((one) => one.kind === "figure" && !one.figure.wires)
        const bead = block.kind !== "tensor" && !tensors.has(value) && this.is(value, "bead")
        return [{ value, a, b: block, operation: operationOf(value, block), bead, drawn: !silent }]
      })
    })
  }

  /** Where a value is drawn, or made if it is drawn nowhere. @param {Value} value @param {Map<Value, TensorBlock>} tensors */
  sourceOf(value, tensors) {
    return tensors.get(value) ?? this.makerOf(value, tensors) ?? this.hiders.get(value)
  }

  /** @param {Value} value @param {Map<Value, TensorBlock>} tensors @returns {Block|undefined} */
  makerOf({ maker, slice }, tensors) {
    if (maker) return this.homes.get(maker)
    return slice ? tensors.get(slice.of) : undefined
  }
}

/** The operation during which a wire is drawn: which makes the value, or takes it. @param {Value} value @param {Block} block */
function operationOf(value, block) {
  if (block.kind === "tensor") return value.maker
  if (block.kind === "operators") return block.operators[0].operation
  const operations = block.kind === "figure" ? block.claim.operations : block.operations
  return operations.find(({ operands }) => operands.includes(value)) ?? operations[0]
}

/** @type {Lay} */
const NO_VIEW = { rows: 1, columns: 1, facets: [], across: 1, image: false, rgb: false, hidden: 0 }

/** @param {Value} value @returns {Cells} */
function cellsOf(value) {
  return { value, view: NO_VIEW, cell: 0, gap: 0, cw: 0, ch: 0, title: "", dims: "", nameSize: 0 }
}

/** @param {Value} value @returns {TensorBlock} */
function tensorOf(value) {
  const order = value.maker?.order ?? -1
  return { ...noPlace(order), ...cellsOf(value), kind: "tensor", style: "cells", samples: null, over: null }
}

/** @param {Value} value @param {Operation} operation @returns {Weight} */
function weightOf(value, operation) {
  const place = { cx: 0, cy: 0, w: 0, h: 0, y: 0, tw: 0 }
  return { ...cellsOf(value), operation, below: false, thumbnail: false, over: null, ...place }
}

/** @param {Operation} operation its first one @param {Value[]} ins @returns {OperatorsBlock} */
function chainOf(operation, ins) {
  const parts = { operators: [], weights: [], beads: [], loose: [] }
  return { ...noPlace(operation.order), kind: "operators", ...parts, r: 0, ins, outs: [] }
}
