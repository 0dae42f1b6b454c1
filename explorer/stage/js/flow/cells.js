// Draws the cells of a plan: tensors, the weights at their operators, and the figures.

import { kept } from "../core/dom.js"
import { drawBars } from "./figures/softmax.js"
import { labelOf, topOf } from "./kinds.js"
import { mappingsOf } from "./mapping.js"
import { ease, fullAt, LINED, NUMBER_SIZE } from "./paint.js"
import { weightPlace } from "./spots.js"
import { viewOf } from "./view.js"

/**
 * @import { Graph, Value } from "./graph.js" @import { FigureBlock, Plan, TensorBlock } from "./layout.js"
 * @import { CellScale, Paint } from "./paint.js" @import { Scene } from "./scene.js"
 *
 * @typedef {import("./spots.js").Place & {seen?: number}} Place where the cells of a value are drawn; seen: how far it
 *   has been made, 0 to 1
 */

/** Cells fade in behind each other: so many cells' time each takes. */
const FADE = 3

/** Up to so many numbers are written, of which all are read when the size is chosen. */
const MOST_NUMBERS = 16384
/** What is written in cells that are true or false. */
const ONES = [1]

/** @type {WeakMap<Value, number>} */
const tops = new WeakMap()
/** @type {WeakMap<Graph, Map<Value, Value[]>>} */
const relatives = new WeakMap()

/** @param {Paint} p @param {Scene} scene @param {Value|null} peeked the tensor of a bead that is pointed at */
export function drawCells(p, scene, peeked) {
  const { blocks } = scene.plan
  const { figures, hatched } = scene
  for (const { hatches } of figures)
    for (const { value, cells } of hatches?.(scene) ?? [])
      hatched.set(value, new Set([...(hatched.get(value) ?? []), ...cells]))
  for (const figure of figures) figure.under?.(p, scene)
  for (const block of blocks) {
    if (block.kind === "tensor") drawTensor(p, block, scene)
    if (block.kind === "operators") for (const weight of block.weights) drawPlace(p, weightPlace(weight), scene)
  }
  for (const block of blocks) if (block.kind === "figure") block.figure.draw(p, block, scene)
  for (const figure of figures) figure.over?.(p, scene)
  if (peeked) drawPeeked(p, peeked, scene)
}

/** How a value is coloured. @param {Value} value @returns {CellScale} */
export function scaleOf({ scale, dtype }) {
  if (scale === "probability") return "share"
  if (scale === "image") return "grey"
  return dtype === "bool" || scale === "boolean" ? "boolean" : "signed"
}

/** The number at which a value's colour is full: one for all that are only moved, so that each cell keeps its colour. @param {Value} value @param {ArrayLike<number>} cells @param {Graph} graph */
function topOfValue(value, cells, graph) {
  let top = tops.get(value)
  if (top === undefined) {
    const same = (relativesOf(graph).get(value) ?? [value]).flatMap((one) =>
      one.cells && one.scale === value.scale ? [one.cells] : [],
    )
    top = value.scale === "image" ? (topOf(cells) > 1.5 ? 255 : 1) : Math.max(...same.map(fullAt))
    tops.set(value, top)
  }
  return top
}

/** For each value that is moved, all that hold the same cells. @param {Graph} graph */
function relativesOf(graph) {
  return kept(relatives, graph, () => {
    /** @type {Map<Value, Value[]>} */
    const found = new Map()
    for (const { result, sources } of graph.operations.flatMap(mappingsOf)) {
      const all = [...new Set([result, ...sources].flatMap((value) => found.get(value) ?? [value]))]
      for (const value of all) found.set(value, all)
    }
    return found
  })
}

/** How far what is drawn in a block has been made. @param {TensorBlock} block @param {Scene} scene */
function seenOf({ value }, scene) {
  const owner = scene.plan.blocks.find((block) => block.kind === "figure" && block.claim.gives.includes(value))
  if (owner?.kind !== "figure") return value.maker ? scene.progress(value.maker) : 1
  const done = scene.progress(owner.claim.operations[0])
  const lag = owner.figure.lag ?? 0
  return Math.max(0, (done - lag) / (1 - lag))
}

/** @param {Paint} p @param {TensorBlock} block @param {Scene} scene */
function drawTensor(p, block, scene) {
  if (block.style === "bars") return drawBars(p, block, scene)
  drawPlace(p, { ...block, corner: (facet) => scene.facetAt(block, facet), seen: seenOf(block, scene) }, scene)
  const { view, value, cell } = block
  if (view.facets.length > 1)
    view.facets.forEach(({ label }, facet) => {
      const { x, y } = scene.facetAt(block, facet)
      const room = view.columns * cell
      if (p.measure(label, p.note) <= room + 4)
        p.text(label, x + room / 2, y + view.rows * cell + p.note * 0.6, { size: p.note * 0.85, colour: p.c.soft })
    })
  if (value.role === "input") drawSamples(p, block, scene)
}

/** The cells of one tensor. @param {Paint} p @param {Place} place @param {Scene} scene */
function drawPlace(p, { value, view, cell, corner, seen = 1 }, scene) {
  const { rows, columns, facets } = view
  const { cells } = value
  const width = columns * cell
  const height = rows * cell
  const top = cells ? (scene.end(value) ?? topOfValue(value, cells, scene.graph)) : 1
  const scale = scaleOf(value)
  const whole = view.rgb || (view.image && scale === "grey")
  const hatched = scene.hatched.get(value)
  const together = scene.chosen(value)
  const chosen = together && new Set(together)
  const tint = p.tints(scale, top)
  const origin = scene.origin(value)
  const numbers =
    cells && !whole && cells.length <= MOST_NUMBERS
      ? p.decimals(scale === "boolean" ? ONES : cells, cell, Math.min(p.num, cell * NUMBER_SIZE))
      : { digits: -1, size: 0 }
  facets.forEach((facet, number) => {
    const { x, y } = corner(number)
    if (seen <= 0 || !cells) {
      p.ghost(x, y, width, height)
      return
    }
    const done = seen * (rows * columns + FADE)
    if (numbers.digits < 0) {
      const colour = (/** @type {number} */ row, /** @type {number} */ column) => {
        if (seen < 1 && row * columns + column > done) return null
        const at = facet.at(row, column)
        if (origin) return origin(at).colour
        return view.rgb ? trueColour(cells, at, top) : tint(cells[at])
      }
      p.image(
        x,
        y,
        width,
        height,
        rows,
        columns,
        colour,
        seen < 1 ? null : cells,
        `${facet.at(0, 0)} ${view.rgb} ${scale} ${top} ${origin ? scene.state.origin : ""}`,
      )
      const lined = !whole && cell >= LINED
      if (lined) p.grid(x, y, cell, rows, columns)
      for (let at = 0; at < rows * columns && at <= done; at++) {
        const [row, column] = [Math.floor(at / columns), at % columns]
        const place = facet.at(row, column)
        if (hatched?.has(place) || (lined && origin?.(place).several))
          p.hatch(x + column * cell, y + row * cell, cell - (lined ? 1 : 0), p.c.soft)
        if (lined && Number.isNaN(cells[place])) p.missing(x + column * cell, y + row * cell, cell, cell)
      }
    } else
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const alpha = seen >= 1 ? 1 : ease((done - (row * columns + column)) / FADE)
          const place = facet.at(row, column)
          const from = origin?.(place)
          if (alpha > 0)
            p.cell(x + column * cell, y + row * cell, cell, cell, cells[place], {
              top,
              scale,
              alpha,
              hatch: hatched?.has(place) || from?.several,
              colour: from?.colour,
              digits: numbers.digits,
              size: numbers.size,
            })
        }
    p.round(x - 0.5, y - 0.5, width, height, 0, null, p.c.line, 1)
    drawMarks(p, scene, value, cell, (mark) => {
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) mark(facet.at(row, column), x + column * cell, y + row * cell)
    })
    if (scene.marked(value))
      for (const level of /** @type {const} */ ([1, 2]))
        p.outline(
          x,
          y,
          cell,
          rows,
          columns,
          (row, column) => scene.touched(value, facet.at(row, column)) >= level,
          level === 2,
        )
    if (chosen) p.outline(x, y, cell, rows, columns, (row, column) => chosen.has(facet.at(row, column)))
    scene.hits.push({
      x,
      y,
      w: width,
      h: height,
      value,
      cell: (px, py) =>
        facet.at(Math.min(rows - 1, Math.floor((py - y) / cell)), Math.min(columns - 1, Math.floor((px - x) / cell))),
    })
  })
}

/**
 * A frame around each cell that the last change changed, as long as it is marked, and a corner on each that was set by hand.
 * @param {Paint} p @param {Scene} scene @param {Value} value @param {number} size of a cell
 * @param {(mark: (cell: number, x: number, y: number) => void) => void} each gives every cell and its place
 */
function drawMarks(p, scene, value, size, each) {
  const [changed, edited] = [scene.changed(value), scene.edited(value)]
  if (!changed && !edited) return
  const moved = new Set(changed?.cells)
  each((cell, x, y) => {
    if (changed && moved.has(cell)) p.frame(x, y, size, changed.strength)
    if (edited?.has(cell)) p.corner(x, y, size)
  })
}

/** @param {ArrayLike<number>} cells @param {number} at @param {number} top @returns {import("../core/colour.js").Rgb} */
function trueColour(cells, at, top) {
  const part = (/** @type {number} */ channel) => Math.max(0, Math.min(255, (cells[at + channel] / top) * 255))
  return [part(0), part(1), part(2)]
}

/** Thumbnails of the batch above an input; a press shows another sample. @param {Paint} p @param {TensorBlock} block @param {Scene} scene */
function drawSamples(p, { value, samples, cx, cy, cw }, scene) {
  const { cells } = value
  if (!samples || !cells) return
  const { state, words } = scene
  const { count, unit, w, h, step, above } = samples
  const [left, y] = [cx - cw / 2, cy - above]
  for (let sample = 0; sample < count; sample++) {
    const x = left + sample * step
    const lay = viewOf(value, { ...state, sample })
    const top = scene.end(value) ?? topOfValue(value, cells, scene.graph)
    const tint = p.tints(scaleOf(value), top)
    const [{ at: place }] = lay.facets
    const colour = (/** @type {number} */ row, /** @type {number} */ column) =>
      lay.rgb ? trueColour(cells, place(row, column), top) : tint(cells[place(row, column)])
    const which = `${place(0, 0)} ${lay.rgb} ${scaleOf(value)} ${top}`
    p.image(x, y, lay.columns * unit, lay.rows * unit, lay.rows, lay.columns, colour, cells, which)
    const chosen = sample === state.sample
    p.round(x - 3, y - 3, w + 6, h + 6, 3, null, chosen ? p.c.ink : p.c.line, chosen ? 1.8 : 1)
    const [label, help] = ["flow.sample", "flow.sample.help"].map((key) => words(key, { number: sample }))
    p.text(label, x + w / 2, y + h + p.note * 0.95, { size: p.note, colour: chosen ? p.c.ink : p.c.soft })
    scene.click(x - 4, y - 4, w + 8, h + p.note + 12, () => scene.set({ sample }), help)
  }
  const more = value.shape[0] - count
  if (more > 0)
    p.text(words("flow.hidden", { count: more }), left + count * step, y + h / 2, {
      align: "left",
      size: p.note,
      colour: p.c.soft,
    })
}

/** The tensor of a bead, below it. @param {Paint} p @param {Value} value @param {Scene} scene */
function drawPeeked(p, value, scene) {
  const bead = scene.plan.beads.find((one) => one.value === value)
  if (!bead || !value.cells) return
  const view = viewOf(value, scene.state)
  const { k, W, H } = scene.plan
  const cell = Math.max(2, Math.min(40 * k, (W * 0.5) / Math.max(1, view.columns), (H * 0.5) / Math.max(1, view.rows)))
  const [w, h] = [view.columns * cell, view.rows * cell]
  const x = Math.max(12, Math.min(W - w - 12, bead.x - w / 2))
  const y = bead.y + 24 * k + h + 30 > H ? Math.max(24, bead.y - h - 44 * k) : bead.y + 34 * k
  p.round(x - 12, y - 26, w + 24, h + 38, 8, p.c.raised, p.c.wire)
  p.text(labelOf(value) || scene.words("flow.unnamed"), x + w / 2, y - 13, { size: p.note, weight: 600, mono: true })
  drawPlace(p, { value, view: { ...view, facets: view.facets.slice(0, 1) }, cell, corner: () => ({ x, y }) }, scene)
}
