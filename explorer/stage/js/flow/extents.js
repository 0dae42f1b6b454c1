// How large each block is when cells are so large: pictures, names, operators, weights. Where a block stands comes later:
// until then, places are counted from its middle.

import { kept } from "../core/dom.js"
import { isContraction, labelOf, signOf } from "./kinds.js"
import { viewOf } from "./view.js"

/**
 * @import { Block, Cells, FigureBlock, FoldedBlock, OperatorsBlock, Samples, Sketch, TensorBlock, Weight } from "./blocks.js"
 * @import { Graph, Operation, Value } from "./graph.js" @import { Space } from "./places.js" @import { State } from "./scene.js"
 * @import { Lay } from "./view.js"
 *
 * @typedef {{name: number, note: number, op: number}} Type font sizes in pixels
 * @typedef {(text: string, size: number, face: "sans"|"mono", weight?: number) => number} Measure the width of a text in pixels
 */

/** Up to so many entries a softmax is drawn as bars. */
const MOST_BARS = 12
/** A longer word in an operator is cut. */
const MOST_LETTERS = 20
/** From so many operations on weights are thumbnails. */
const MANY_OPERATIONS = 9
/** Thumbnails are lower where cells are smaller than so many pixels. */
const THUMBNAIL = 16
/** Cells are whole pixels from so many pixels on, and where few lie along an axis. */
const WHOLE = 6
const FEW_CELLS = 12
/** The height of a line, times the size of its letters. */
export const LINE = 1.25
/** A name that does not fit is so much smaller at most. */
const SHRUNK = 0.82
/** The widest name of a weight, times the size of its letters. */
const WEIGHT_NAME = 10.7
/** The part of the stage's height that cells fill at most. */
const TALLEST = 0.68
/** The widest names, in pixels times k: while little is folded, while much is. */
const NAME_ROOM = [240, 170, 120]
/** English texts of a group, for how much room they need. @type {Record<string, string>} */
const WORDS = { "flow.operations": "00 operations", "flow.turns": "and 00 more turns", "flow.loop": "loop of 00 turns" }

export class Extents {
  /**
   * @param {Graph} graph @param {State} state @param {Space} space
   * @param {Type} type @param {Measure} measure
   */
  constructor(graph, state, space, type, measure) {
    this.graph = graph
    this.state = state
    this.space = space
    this.type = type
    this.lineName = type.name * LINE
    this.lineNote = space.lineNote
    this.head = this.lineName + this.lineNote + 4 * space.k
    this.unit = this.large = 60 * space.k
    this.level = 0
    /** @type {Map<string, Map<string, number>>} */
    const widths = new Map()
    /** @type {Measure} */
    this.measure = (text, size, face, weight) => {
      const known = kept(widths, `${size} ${face} ${weight}`, () => new Map())
      return kept(known, text, () => measure(text, size, face, weight))
    }
    /** @type {Map<Value, Lay>} */
    this.views = new Map()
  }

  /** @param {Value} value */
  view(value) {
    return kept(this.views, value, () => viewOf(value, this.state))
  }

  /**
   * Size all blocks of a sketch.
   * @param {Sketch} sketch @param {number} level @param {number} unit pixels of a cell, at most
   * @param {number} large the same for figures
   */
  size({ blocks }, level, unit, large = unit) {
    this.level = level
    this.unit = unit
    this.large = large
    for (const block of blocks) {
      if (block.kind === "tensor") this.tensor(block)
      else if (block.kind === "operators") this.operators(block)
      else if (block.kind === "figure") this.figure(block)
      else this.folded(block)
    }
    const tensors = new Map(blocks.flatMap((block) => (block.kind === "tensor" ? [[block.value, block]] : [])))
    for (const block of blocks) if (block.kind === "operators") this.standOver(block, tensors)
  }

  // -- tensors

  /** How much of the usual room pictures get: units below the readable ones make all of them smaller. */
  get part() {
    return Math.min(1, this.unit / (42 * this.space.k))
  }

  /** The same for grids of numbers: where there is room to spare they grow. */
  get growth() {
    return this.unit / (42 * this.space.k)
  }

  /** @param {TensorBlock} block */
  tensor(block) {
    const { type, head, space, measure } = this
    const { k } = space
    const { value } = block
    const view = this.view(value)
    block.view = view
    block.over = null
    block.style = barsOf(value, view) ? "bars" : "cells"
    if (block.style === "bars") this.bars(block)
    else this.pictures(block)
    this.named(block, titleOf(value), this.nameRoom, type.name, "mono")
    block.dims = value.shape.join(" × ") || "·"
    block.samples = this.samples(block)
    const names = Math.max(measure(block.title, block.nameSize, "mono"), measure(block.dims, type.note, "sans"))
    const thumbnails = block.samples ? 2 * (block.samples.count * block.samples.step - 12 * k + 4) - block.cw : 0
    block.w = Math.max(block.cw, names, thumbnails)
    reach(block, block.cw / 2)
    block.up = block.samples ? block.samples.above + 4 * k : block.ch / 2 + head
    block.down = block.ch / 2
    if (block.style === "bars") block.down += 26 * k
    else if (view.facets.length > 1) block.down += this.lineNote
    block.h = block.up + block.down
  }

  /** @param {TensorBlock} block */
  pictures(block) {
    const { view, value } = block
    const { k, H } = this.space
    const many = view.facets.length > 1
    const picture = view.image || view.rgb
    const part = many || value.scale === "image" ? this.part : this.growth
    const width = (picture ? (many ? 336 : 268) : 460) * k * part
    const spare = Math.max(0, this.growth - 1)
    const most = picture ? Infinity : many ? (17 + 40 * spare) * k : 46 * k
    const gap = view.facets.length > view.across ? this.lineNote + 2 : many ? 6 * k : 0
    this.fill(block, { cell: Math.min(this.unit, most), width, height: Math.min(0.58 * part, TALLEST) * H, gap })
  }

  /** One bar for each entry, one below the other. @param {TensorBlock} block */
  bars(block) {
    const { k, H } = this.space
    const count = Math.max(1, block.view.rows * block.view.columns)
    block.gap = 0
    block.cell = Math.min(this.unit, 46 * k, (0.58 * H * this.part) / count)
    block.cw = 138 * k
    block.ch = count * block.cell
  }

  /**
   * The largest cells with which all pictures of a view fit.
   * @param {Cells} cells @param {{cell: number, width: number, height: number, gap: number}} most of one cell, and of all
   */
  fill(cells, { cell, width, height, gap }) {
    const { view } = cells
    const count = Math.max(1, view.facets.length)
    const across = Math.max(1, Math.min(count, view.across))
    const down = Math.ceil(count / across)
    const [rows, columns] = [Math.max(1, view.rows), Math.max(1, view.columns)]
    cells.gap = gap
    const [gapsAcross, gapsDown] = [cells.gap * (across - 1), cells.gap * (down - 1)]
    const wide = Math.max(0.2 * width, width - gapsAcross) / (columns * across)
    const high = Math.max(0.2 * height, height - gapsDown) / (rows * down)
    const largest = Math.min(cell, wide, high)
    cells.cell = wholePixels(largest, rows, columns)
    cells.cw = columns * across * cells.cell + gapsAcross
    cells.ch = rows * down * cells.cell + gapsDown
  }

  /** The thumbnails of all samples, above an input of which one is shown. @param {TensorBlock} block @returns {Samples|null} */
  samples({ value, view, cw, ch }) {
    const { k } = this.space
    const { note } = this.type
    const batch = this.state.fold && value.role === "input" && value.shape.length > 1 && value.plain[0] === "batch"
    const all = batch ? value.shape[0] : 1
    if (all < 2 || this.level > 6) return null
    const [rows, columns] = [Math.max(1, view.rows), Math.max(1, view.columns)]
    const unit = Math.min(5 * k, (28 * k) / rows, (44 * k) / columns)
    const [w, h] = [columns * unit, rows * unit]
    const step = Math.max(w, note * 1.8) + 12 * k
    const count = Math.min(all, Math.max(1, Math.floor((Math.max(cw, 120 * k) + 12 * k) / step)))
    return { count, unit, w, h, step, above: ch / 2 + this.head + h + note + 12 * k }
  }

  // -- names

  get nameRoom() {
    return NAME_ROOM[this.level < 2 ? 0 : this.level < 4 ? 1 : 2] * this.space.k
  }

  /**
   * Give cells a name: whole, a little smaller if that helps; else the last parts of a path, or the beginning of the name.
   * @param {Cells} cells @param {string} name @param {number} room pixels @param {number} size @param {"sans"|"mono"} face
   */
  named(cells, name, room, size, face) {
    const width = (/** @type {string} */ text) => this.measure(text, size, face)
    const fits = (/** @type {string} */ text) => width(text) * SHRUNK <= room
    let short = name
    while (!fits(short) && short.includes("/")) short = short.slice(short.indexOf("/") + 1)
    if (!fits(short)) {
      let length = Math.max(1, Math.floor((short.length * room) / (width(short) * SHRUNK)))
      while (length > 1 && !fits(`${short.slice(0, length)}…`)) length--
      short = `${short.slice(0, length).trimEnd()}…`
    }
    cells.title = short
    cells.nameSize = size * Math.max(SHRUNK, Math.min(1, room / Math.max(1, width(short))))
  }

  // -- operators and their weights

  /** @param {OperatorsBlock} block */
  operators(block) {
    const { k } = this.space
    const radius = 17 * k
    block.r = radius
    const thumbnails = this.level >= 3 || this.graph.operations.length >= MANY_OPERATIONS
    for (const operator of block.operators) {
      operator.sign = this.word(signOf(operator.operation))
      operator.text = operator.sign.length > 2 || /^[a-z]{2}/i.test(operator.sign)
      operator.w = operator.text ? this.pill(operator.sign) : 2 * radius
    }
    for (const weight of block.weights) this.weight(weight, thumbnails)
    this.chain(block)
    const reach = (/** @type {boolean} */ below) =>
      Math.max(0, ...block.weights.filter((one) => one.below === below).map((one) => this.weightReach(one)))
    block.up = radius + reach(false)
    block.down = radius + reach(true)
    block.h = block.up + block.down
  }

  /** What stands in an operator. @param {string} sign */
  word(sign) {
    return sign.length > MOST_LETTERS ? `${sign.slice(0, MOST_LETTERS - 1)}…` : sign || "…"
  }

  /** The width of a pill around a word. @param {string} word @param {number} [sides] pixels times k */
  pill(word, sides = 22) {
    return this.measure(word, this.type.op * 0.88, "sans", 600) + sides * this.space.k
  }

  /** @param {Weight} weight @param {boolean} thumbnail */
  weight(weight, thumbnail) {
    const { type, space, measure } = this
    const { k, H } = space
    const { value } = weight
    weight.view = this.view(value)
    weight.thumbnail = thumbnail
    weight.over = null
    const side = 54 * k * Math.min(1, this.unit / THUMBNAIL)
    const most = thumbnail
      ? { cell: Math.min(this.unit, 7 * k), width: 54 * k, height: side }
      : { cell: Math.min(this.unit * 0.92, 42 * k), width: 240 * k * this.growth, height: 0.3 * H * this.growth }
    this.fill(weight, { ...most, gap: weight.view.facets.length > 1 ? 4 * k : 0 })
    const last = value.title.slice(value.title.lastIndexOf("/") + 1)
    const face = thumbnail ? "sans" : "mono"
    const room = Math.min(this.nameRoom, WEIGHT_NAME * type.name)
    this.named(weight, thumbnail ? last : value.title, room, thumbnail ? type.note : type.name, face)
    weight.dims = thumbnail ? "" : value.shape.join(" × ") || "·"
    weight.w = weight.cw
    weight.h = weight.ch
    const names = Math.max(measure(weight.title, weight.nameSize, face), measure(weight.dims, type.note, "sans"))
    weight.tw = Math.max(weight.cw, names)
  }

  /** @param {Weight} weight how far it reaches beyond its operator */
  weightReach(weight) {
    return this.weightWire(weight) + weight.h + this.weightHead(weight)
  }

  /** From a weight to its operator. @param {Weight} weight */
  weightWire({ thumbnail }) {
    return (thumbnail ? 10 : 16) * this.space.k
  }

  /** The names over a weight. @param {Weight} weight */
  weightHead({ thumbnail }) {
    return (thumbnail ? this.lineNote : this.lineName + this.lineNote) + 4 * this.space.k
  }

  /** The upper edge of a weight, when its block has its place. @param {Weight} weight @param {OperatorsBlock} block */
  weightTop(weight, { cy, r }) {
    const { over, below, h } = weight
    const { k } = this.space
    if (over) return over.cy - over.ch / 2 - this.head - 14 * k - h
    const wire = this.weightWire(weight)
    return below ? cy + r + wire + this.weightHead(weight) : cy - r - wire - h
  }

  /** Operators side by side, far enough apart for their weights. Places are those about the block's middle. @param {OperatorsBlock} block */
  chain(block) {
    const { k } = this.space
    const edges = { wire: 0, above: 0, below: 0, left: Infinity }
    let below = false
    block.operators.forEach((operator, at) => {
      const weights = block.weights.filter(({ operation }) => operation === operator.operation)
      weights.forEach((weight, number) => {
        weight.below = number === 1 ? !below : number > 1 ? false : below
      })
      const rows = [weights.filter((one) => !one.below), weights.filter((one) => one.below)]
      const [above, under] = rows.map((row) => this.rowWidth(row))
      const first = at === 0
      const x = first
        ? 0
        : Math.max(
            edges.wire + 20 * k + operator.w / 2,
            above ? edges.above + 12 * k + above / 2 : 0,
            under ? edges.below + 12 * k + under / 2 : 0,
          )
      if (!first) block.beads[at - 1].x = (edges.wire + x - operator.w / 2) / 2
      operator.cx = x
      edges.left = Math.min(edges.left, x - Math.max(operator.w, above, under) / 2)
      edges.wire = x + operator.w / 2
      edges.above = above ? x + above / 2 : edges.above
      edges.below = under ? x + under / 2 : edges.below
      for (const row of rows) this.row(row, x)
      if (weights.length % 2) below = !below
    })
    this.centre(block, edges.left, Math.max(edges.wire, edges.above, edges.below))
  }

  /** @param {Weight[]} row */
  rowWidth(row) {
    return row.reduce((sum, { tw }) => sum + tw + 12 * this.space.k, row.length ? -12 * this.space.k : 0)
  }

  /** Weights beside each other about their operator. @param {Weight[]} row @param {number} x */
  row(row, x) {
    let left = x - this.rowWidth(row) / 2
    for (const weight of row) {
      weight.cx = left + weight.tw / 2
      left += weight.tw + 12 * this.space.k
    }
  }

  /** Count from the middle of the box. @param {OperatorsBlock} block @param {number} left @param {number} right of the box */
  centre(block, left, right) {
    const middle = (left + right) / 2
    for (const part of [...block.operators, ...block.weights]) part.cx -= middle
    for (const bead of block.beads) bead.x -= middle
    const [first, last] = [block.operators[0], block.operators[block.operators.length - 1]]
    block.left = first.cx - first.w / 2
    block.right = last.cx + last.w / 2
    block.w = right - left
  }

  /** A row meets a column: a weight stands above the product that is drawn, column over column. @param {OperatorsBlock} block @param {Map<Value, TensorBlock>} tensors */
  standOver(block, tensors) {
    const [weight] = block.weights
    const result = block.outs.length === 1 ? tensors.get(block.outs[0]) : null
    if (!result || result.style === "bars" || !standsOver(block)) return
    const { view } = weight
    if (view.columns !== result.view.columns || view.facets.length > 1 || result.view.facets.length > 1) return
    const { k, H } = this.space
    const cell = Math.min(result.cell, (0.42 * H * this.part) / Math.max(1, view.rows))
    weight.cell = result.cell = wholePixels(cell, view.rows, view.columns)
    result.cw = result.view.columns * result.cell
    reach(result, result.cw / 2)
    result.ch = result.view.rows * result.cell
    weight.cw = weight.w = view.columns * weight.cell
    weight.ch = weight.h = view.rows * weight.cell
    weight.over = result
    weight.below = false
    result.over = weight
    const names = [result, weight].map(({ title, nameSize }) => this.measure(title, nameSize, "mono"))
    const notes = [result.dims, weight.dims].map((dims) => this.measure(dims, this.type.note, "sans"))
    result.w = Math.max(result.cw, ...names, ...notes)
    weight.tw = Math.max(weight.cw, names[1], notes[1])
    const foot = result.ch / 2 + this.head + 14 * k
    result.up = foot + weight.h + this.weightHead(weight)
    result.down = result.ch / 2
    result.h = result.up + result.down
    block.up = foot + weight.h / 2 + 4 * k // its wire comes from the middle of the weight
    block.down = block.r
    block.h = block.up + block.down
    this.centre(block, block.left, block.right)
  }

  // -- figures and groups

  /** @param {FigureBlock} block */
  figure(block) {
    const { w, h, ports } = block.figure.size(block.claim, this.space, this.large)
    const known = w > 0 && h > 0 && Number.isFinite(w) && Number.isFinite(h)
    block.w = known ? w : this.space.W * 2 // what has no size fits nowhere
    block.h = known ? h : this.space.H * 2
    reach(block, block.w / 2)
    block.up = block.down = block.h / 2
    block.ports = ports ?? null
  }

  /** @param {FoldedBlock} block */
  folded(block) {
    const { k } = this.space
    block.w = this.pill(
      WORDS[block.label.key].replace("00", `${block.label.count}`.padStart(2, "0")),
      this.level < 7 ? 14 : 6,
    )
    reach(block, block.w / 2)
    block.up = block.down = 22 * k
    block.h = 44 * k
  }
}

/** The size of a cell, as whole pixels if that costs little. @param {number} cell @param {number} rows @param {number} columns */
function wholePixels(cell, rows, columns) {
  return cell >= WHOLE || (Math.max(rows, columns) <= FEW_CELLS && cell >= 2) ? Math.floor(cell) : cell
}

/** Wires end and begin so far from the middle. @param {Block} block @param {number} half */
function reach(block, half) {
  block.left = -half
  block.right = half
}

/** Whether an operator is a product with one weight, which is no thumbnail. @param {OperatorsBlock} block */
function standsOver({ operators, weights }) {
  const [{ operation, sign }] = operators
  return (
    operators.length === 1 && weights.length === 1 && !weights[0].thumbnail && isContraction(operation) && sign === "·"
  )
}

/** Whether a value is drawn as bars: shares of one whole. @param {Value} value @param {Lay} view */
function barsOf({ maker, cells }, { rows, columns, facets }) {
  const one = facets.length === 1 && (rows === 1 || columns === 1) && rows * columns > 0
  return one && Boolean(cells) && maker?.kind === "softmax" && rows * columns <= MOST_BARS
}

/** What a value is called; what was taken out of another one, by its place there. @param {Value} value */
function titleOf(value) {
  const { title, slice } = value
  if (title || !slice?.of.title) return labelOf(value)
  return `${slice.of.title}[${":, ".repeat(slice.axis)}${slice.place}]`
}
