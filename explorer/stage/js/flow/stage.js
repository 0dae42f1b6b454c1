// The stage: a canvas with the cells, above it wires, operators and names, and what the pointer does on both.

import { changeText } from "../core/changes.js"
import { element, setText } from "../core/dom.js"
import { Editor } from "../core/editor.js"
import { exactText, figureText, placeText, shapeText } from "../core/format.js"
import { readTheme } from "../core/theme.js"
import { NOWHERE } from "../tape/origins.js"
import { drawCells } from "./cells.js"
import { Drag } from "./drag.js"
import { flat, labelOf, unflat } from "./kinds.js"
import { layoutOf } from "./layout.js"
import { coloursOf, originText } from "./origins.js"
import { Paint } from "./paint.js"
import { NARROW } from "./places.js"
import { facetAt } from "./spots.js"
import { Wires } from "./wires.js"

/**
 * @typedef {{weights: ArrayLike<number>, level: 1|2, own: number}} Mark which cells of a value count for a cell, how near they
 *   are, and which one is that cell itself (-1: none)
 * @typedef {Map<Value, Mark>} Marks
 *
 * @import { Flow } from "./flow.js" @import { Graph, Value } from "./graph.js" @import { Plan } from "./layout.js"
 * @import { Scene, State } from "./scene.js"
 *
 * @typedef {object} Hit a place that answers the pointer
 * @property {number} x @property {number} y @property {number} w @property {number} h
 * @property {Value} [value] @property {(x: number, y: number) => number} [cell] which of its cells lies there
 * @property {() => void} [go] what a press does @property {Partial<State>} [set] what pointing there changes @property {string|(() => string)} [says]
 */

export class Stage {
  /** @param {Flow} flow */
  constructor(flow) {
    this.flow = flow
    this.canvas = element("canvas", { "aria-hidden": true })
    this.wires = new Wires({
      visit: (operation) => flow.cursor.visit(operation),
      peek: (value) => this.peek(value),
      open: (value) => flow.toggleLens(value.ids[0]),
      enter: (operations, label) => flow.enter(operations, label),
    })
    this.tip = element("div", { class: "tip-box", hidden: true })
    this.said = element("p", { class: "hidden", "data-part": "said" })
    this.root = element("div", { class: "board", role: "group" }, this.canvas, this.wires.root, this.tip, this.said)
    this.paint = new Paint(this.canvas)
    /** @type {Graph|null} */
    this.graph = null
    /** @type {Plan|null} */
    this.plan = null
    /** @type {Hit[]} */
    this.hits = []
    /** @type {Value|null} */
    this.peeked = null
    /** @type {Editor|null} */
    this.editor = null
    this.swallow = false
    this.width = this.height = 0
    /** Of the touched cell. @type {Marks} */
    this.marks = new Map()
    /** Of the cell under the pointer, where they are known at once. @type {Marks|null} */
    this.near = null
    this.drag = new Drag(flow)
    this.canvas.addEventListener("pointerdown", (event) => this.grabbed(event))
    this.canvas.addEventListener("pointermove", (event) => this.pointed(event))
    this.canvas.addEventListener("pointerup", () => this.released(true))
    this.canvas.addEventListener("pointercancel", () => this.released(false))
    this.canvas.addEventListener("pointerleave", () => this.left())
    this.canvas.addEventListener("click", (event) => this.pressed(event))
  }

  /** @param {Graph} graph */
  take(graph) {
    this.graph = graph
    this.plan = null
    this.peeked = this.near = null
    this.editor?.close()
    this.trailChanged()
  }

  /** Fill the width, and no more than the height. @param {number} width @param {number} height */
  resize(width, height) {
    this.width = width
    this.height = height
    this.arrange()
  }

  /** Find every place anew, and draw. */
  arrange() {
    const { graph, flow, paint } = this
    if (!graph || !this.width) return
    paint.read(readTheme(this.root), flow.state.present && this.width >= NARROW) // a phone has no audience
    const type = { name: paint.name, note: paint.note, op: paint.opSize }
    this.plan = layoutOf(
      graph,
      flow.figures,
      flow.state,
      { width: this.width, height: this.height },
      type,
      (...given) => paint.measure(...given),
    )
    this.root.style.height = `${this.plan.H}px`
    this.wires.build(this.plan, paint, flow.words)
    this.draw()
  }

  draw() {
    const { plan, paint } = this
    if (!plan || !this.graph) return
    this.hits = []
    const scene = this.scene()
    paint.clear(plan.W, plan.H)
    drawCells(paint, scene, this.peeked)
    this.wires.update(this.flow.cursor)
    setText(this.said, this.text(scene))
  }

  /** What the figures show, in words. @param {Scene} scene */
  text(scene) {
    const claimed = scene.plan.blocks.flatMap((block) =>
      block.kind === "figure" ? [block.figure.text(block, scene)] : [],
    )
    const told = scene.figures.map(({ tells }) => tells?.(scene) ?? "")
    return [...claimed, ...told].filter(Boolean).join(" ")
  }

  /** @returns {Scene} */
  scene() {
    const { flow, hits } = this
    const marks = this.near ?? this.marks
    const { cursor, state, words } = flow
    const plan = /** @type {Plan} */ (this.plan)
    return {
      graph: /** @type {Graph} */ (this.graph),
      figures: flow.figures,
      hatched: new Map(),
      revision: flow.live.revision,
      state,
      plan,
      words,
      progress: (operation) => cursor.progress(operation),
      now: (operation) => cursor.active && (cursor.now?.operations.includes(operation) ?? false),
      block: (value) => {
        const found = plan.blocks.find((block) => block.kind === "tensor" && block.value === value)
        return found?.kind === "tensor" ? found : null
      },
      facetAt: (block, facet) => facetAt(block, facet),
      touched: (value, cell) => levelOf(marks.get(value), cell),
      end: ({ ids }) => ids.map((id) => flow.lens.ends.get(id)).find((end) => end !== undefined),
      changed: (value) => this.changed(value),
      edited: (value) => this.edited(value),
      origin: (value) => this.originOf(value),
      marked: (value) => marks.has(value),
      chosen: (value) => this.drag.chosen(value),
      touchedCells: (value) => cellsOf(marks.get(value)),
      hit: (value, cell, x, y, w, h) => hits.push({ value, cell: () => cell, x, y, w, h }),
      area: (x, y, w, h, set, says) => hits.push({ x, y, w, h, set, says }),
      click: (x, y, w, h, go, says) => hits.push({ x, y, w, h, go, says }),
      hitOperation: (operation, x, y, w, h) =>
        hits.push({ x, y, w, h, go: () => cursor.visit(operation), says: operation.text.split("\n")[0] }),
      set: (set) => flow.set(set),
      hits,
    }
  }

  /** How the cells of a value are coloured by where they come from. @param {Value} value @returns {import("./scene.js").Coloured|null} */
  originOf(value) {
    const { flow, paint } = this
    const { told } = flow
    const axis = told?.axes.findIndex(({ name }) => name === flow.state.origin) ?? -1
    const at = axis < 0 ? null : told?.of(value)
    if (!at || !told) return null
    const colour = coloursOf(told.axes[axis].length, paint.dark)
    return (cell) => {
      const position = at(axis, cell)
      if (position >= 0) return { colour: colour(position), several: false }
      return { colour: position === NOWHERE ? paint.rgb.paper : paint.rgb.line, several: position !== NOWHERE }
    }
  }

  // -- what was changed

  /** @param {Value} value */
  changed({ ids }) {
    const { flash } = this.flow.lens
    const id = ids.find((one) => flash.strength(one) > 0)
    return id === undefined ? null : { cells: flash.of(id)?.offsets ?? [], strength: flash.strength(id) }
  }

  /** @param {Value} value */
  edited({ ids, shapes }) {
    const { edited = {} } = this.flow.model?.options ?? {}
    const at = ids.findIndex((id) => edited[id])
    return at < 0 ? null : new Set(edited[ids[at]].map((index) => flat(shapes[at], index)))
  }

  /** What the last change did to a cell, in words. @param {Value} value @param {number} cell */
  sinceThen({ ids }, cell) {
    const { lens, words } = this.flow
    const id = ids.find((one) => lens.flash.of(one))
    const tensor = id === undefined ? null : lens.tensor(id)
    return id !== undefined && tensor ? changeText(lens.flash.of(id), tensor, cell, words) : ""
  }

  /** The smallest and the largest number of a tensor, in words. @param {Value} value */
  ends({ ids }) {
    const { lens, words } = this.flow
    const { minimum = null, maximum = null } = lens.tensor(ids[0])?.statistics ?? {}
    if (minimum === null || maximum === null) return ""
    return `${words("minimum")} ${figureText(Number(minimum))} · ${words("maximum")} ${figureText(Number(maximum))}`
  }

  // -- the touched cell

  /** The cells that made the touched one: what its formula read strongly, what made those weakly. */
  trailChanged() {
    const { touched } = this.flow.state
    const counting = (/** @type {string} */ id) => {
      const found = this.flow.bus.answer?.weights.get(id)
      return found?.largest ? found.weights : undefined
    }
    this.marks = touched ? this.marksOf(touched, counting) : new Map()
  }

  /** @param {{value: Value, cell: number}} of @param {(id: string) => ArrayLike<number>|undefined} weightsOf a tensor */
  marksOf({ value: own, cell }, weightsOf) {
    /** @type {Marks} */
    const marks = new Map()
    const read = new Set(own.maker?.operands)
    for (const value of this.graph?.values ?? []) {
      const weights = value.ids.map(weightsOf).find(Boolean)
      if (weights) marks.set(value, { weights, level: read.has(value) ? 2 : 1, own: -1 })
    }
    marks.set(own, { weights: marks.get(own)?.weights ?? [], level: 1, own: cell })
    return marks
  }

  /** Mark where the number under the pointer comes from, or what it moves, if that is known at once. */
  look() {
    const { pointed } = this.flow.state
    const found = pointed && !this.drag.held ? this.flow.live.sources(pointed.value, pointed.cell) : null
    this.near = pointed && found ? this.marksOf(pointed, (id) => found.get(id)) : null
    this.flow.root.dataset.lit = found ? [...found.keys()].join(" ") : ""
  }

  /** The place of a cell that the page names. @param {Value} value @param {import("../trail/bus.js").Cell} cell */
  cellOf({ ids, shapes }, { tensor, index }) {
    return flat(shapes[ids.indexOf(tensor)], index)
  }

  // -- the pointer

  /** @param {PointerEvent|MouseEvent} event */
  find(event) {
    const box = this.canvas.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const hit = this.hits.findLast((one) => x >= one.x && x < one.x + one.w && y >= one.y && y < one.y + one.h)
    return hit ? { hit, cell: hit.cell ? hit.cell(x, y) : -1, x, y } : null
  }

  /** @param {PointerEvent} event */
  grabbed(event) {
    const { flow } = this
    flow.live.want()
    const found = event.button ? null : this.find(event)
    if (!found?.hit.value || found.cell < 0 || !this.drag.begin(found.hit.value, found.cell, event)) return
    this.canvas.setPointerCapture(event.pointerId)
    this.dragged()
  }

  /** Nothing is marked while numbers are in the hand. */
  dragged() {
    if (!this.drag.moved) return
    this.tip.hidden = true
    this.near = null
  }

  /** @param {boolean} keep whether the number stays */
  released(keep) {
    if (this.drag.end(keep)) this.swallow = true // the click that follows is the end of the drag
  }

  /** @param {PointerEvent} event */
  pointed(event) {
    const found = this.find(event)
    const { held } = this.drag
    if (held) {
      this.drag.move(event, found?.hit.value === held.value ? found.cell : -1)
      return this.dragged()
    }
    this.flow.live.want()
    const grip = found?.hit.value && found.cell >= 0 && this.flow.live.leafOf(found.hit.value) !== null
    this.canvas.dataset.over = grip ? "number" : found ? "place" : ""
    if (!found) return this.left()
    const { hit, cell, x, y } = found
    if (hit.set) this.flow.set(hit.set)
    else if (this.flow.state.query !== null) this.flow.set({ query: null })
    this.point(hit.value && cell >= 0 ? { value: hit.value, cell } : null)
    this.tell(hit, cell, x, y)
  }

  left() {
    this.tip.hidden = true
    this.point(null)
    if (this.flow.state.query !== null) this.flow.set({ query: null })
  }

  /** @param {{value: Value, cell: number}|null} pointed */
  point(pointed) {
    const { pointed: before } = this.flow.state
    if (before?.value === pointed?.value && before?.cell === pointed?.cell) return
    this.flow.set({ pointed })
    this.look()
  }

  /** @param {MouseEvent} event */
  pressed(event) {
    const swallowed = this.swallow
    this.swallow = false
    const found = swallowed ? null : this.find(event)
    if (!found) return
    const { hit, cell, x, y } = found
    if (hit.go) return hit.go()
    const { value } = hit
    if (!value || cell < 0) return
    const { touched } = this.flow.state
    const again = touched?.value === value && touched.cell === cell
    if (!again || !this.edit(value, cell, x, y)) this.flow.touch(value, cell, unflat(value.shapes[0], cell))
  }

  /**
   * Ask for another number of a cell, where cells of its tensor can be changed.
   * @param {Value} value @param {number} cell @param {number} x @param {number} y where it was pressed
   */
  edit(value, cell, x, y) {
    const { flow } = this
    const at = value.ids.findIndex((id) => flow.model?.options.editable?.includes(id))
    if (at < 0 || !value.cells) return false
    this.editor?.close()
    const [tensor, index] = [value.ids[at], unflat(value.shapes[at], cell)]
    this.editor = new Editor(this.root, {
      name: labelOf(value),
      index,
      dtype: value.dtype,
      value: value.cells[cell],
      words: flow.words,
      place: () => ({ x, y, width: 0, within: this.width }),
      trial: flow.trial(tensor, cell),
      commit: (text) => flow.commit(tensor, index, text),
      closed: () => {
        this.editor = null
      },
    })
    return true
  }

  /** Say what lies under the pointer. @param {Hit} hit @param {number} cell @param {number} x @param {number} y */
  tell({ value, says }, cell, x, y) {
    const said = typeof says === "function" ? says() : says
    const lines = value && cell >= 0 ? this.describe(value, cell) : said ? [element("span", {}, said)] : []
    this.tip.hidden = !lines.length
    this.tip.replaceChildren(...lines)
    const { offsetWidth: w, offsetHeight: h } = this.tip
    this.tip.style.left = `${Math.max(4, Math.min(this.width - w - 4, x + 16))}px`
    this.tip.style.top = `${y - h - 14 < 4 ? y + 20 : y - h - 14}px`
  }

  /** @param {Value} value @param {number} cell */
  describe(value, cell) {
    const number = /** @type {number} */ (value.cells?.[cell])
    const place = placeText(unflat(value.shape, cell), value.axes)
    const { told, words } = this.flow
    const edited = this.edited(value)?.has(cell) ? words("readout.edited") : ""
    const origin = told && this.flow.state.origin ? originText(told, value, cell, words) : ""
    return [
      element("b", {}, labelOf(value) || this.flow.words("flow.unnamed")),
      ` ${exactText(number, value.dtype)}`,
      element(
        "small",
        {},
        [place, `${shapeText(value.shape, [])} · ${value.dtype}`, this.ends(value), this.sinceThen(value, cell), edited]
          .filter(Boolean)
          .join(" · "),
      ),
      ...(origin ? [element("small", { class: "origin" }, origin)] : []),
    ]
  }

  /** Show the tensor of a bead; null: hide it. @param {Value|null} value */
  peek(value) {
    this.peeked = value
    this.flow.redraw()
  }
}

/** @param {Mark|undefined} mark @param {number} cell @returns {0|1|2} */
function levelOf(mark, cell) {
  if (!mark) return 0
  return mark.own === cell ? 2 : mark.weights[cell] ? mark.level : 0
}

/** @param {Mark|undefined} mark */
function cellsOf(mark) {
  if (!mark) return null
  const found = new Set(mark.own < 0 ? [] : [mark.own])
  for (let cell = 0; cell < mark.weights.length; cell++) if (mark.weights[cell]) found.add(cell)
  return found
}
