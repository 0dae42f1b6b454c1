// A flow drawn without a browser: what its stage would write and fill, as lists.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { drawCells } from "../../../../../explorer/stage/js/flow/cells.js"
import { graphOf } from "../../../../../explorer/stage/js/flow/graph.js"
import { layoutOf } from "../../../../../explorer/stage/js/flow/layout.js"
import { readFrames } from "../../../../../explorer/stage/js/flow/message.js"
import { Paint } from "../../../../../explorer/stage/js/flow/paint.js"
import { facetAt } from "../../../../../explorer/stage/js/flow/spots.js"

/** Browser classes that only draw. */
globalThis.Path2D ??= class {
  moveTo() {}
  lineTo() {}
}
globalThis.ImageData ??= class {
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) })
  }
}
globalThis.OffscreenCanvas ??= class {
  getContext() {
    return { putImageData() {} }
  }
}

/** Nearly what the fonts measure. */
const measure = (text, size, face) => text.length * size * (face === "mono" ? 0.6 : 0.5)
const THEME = { dark: false, paper: "#ffffff", ink: "#1b2230", words: "sans-serif", numbers: "monospace" }

/** A pen that notes what it writes and fills. */
function penOf(notes) {
  const pen = {
    font: "10px x",
    measureText: (text) => ({ width: measure(text, Number(/([\d.]+)px/.exec(pen.font)[1])) }),
    fillText: (text, x, y) => notes.texts.push({ text, x, y, size: Number(/([\d.]+)px/.exec(pen.font)[1]) }),
    fillRect: (x, y, w, h) => notes.rects.push({ x, y, w, h, fill: pen.fillStyle, alpha: pen.globalAlpha }),
    bezierCurveTo: (...points) => notes.curves.push(points),
    drawImage: () => {
      notes.images += 1
    },
  }
  return new Proxy(pen, { get: (own, name) => own[name] ?? (() => {}), set: Reflect.set })
}

/** @param {string} name of a layer */
export function graphNamed(name) {
  const model = readFrames(new Uint8Array(readFileSync(join(process.env.FLOW_MESSAGES ?? "", `${name}.bin`))))
  return graphOf(model)
}

/** The value of a graph that has a name. */
export function valueNamed(graph, name) {
  const found = graph.values.find(({ title }) => title === name)
  assert.ok(found, `a value named ${name}`)
  return found
}

/**
 * The scene and the notes of a flow as it is drawn, once everything has run.
 * @param {any} graph @param {any[]} [figures] @param {{state?: object, progress?: (operation: any) => number,
 *   marks?: Map<any, Map<number, number>>, now?: any, end?: (value: any) => number|undefined, width?: number, height?: number, revision?: number}} [more]
 */
export function drawn(graph, figures = [], more = {}) {
  const { progress = () => 1, marks = new Map(), now = null, width = 1040, height = 450 } = more
  const fold = graph.inputs.some(({ shape }) => shape.length > 2)
  const state = { sample: 0, fold, filter: 0, query: null, touched: null, present: false, ...more.state }
  const plan = layoutOf(graph, figures, state, { width, height }, { name: 15, note: 13, op: 17 }, measure)
  const notes = { texts: [], rects: [], curves: [], images: 0 }
  const paint = new Paint({ getContext: () => penOf(notes) })
  paint.read(THEME, false)
  const hits = []
  const scene = {
    graph, state, plan, hits, facetAt, progress, figures, hatched: new Map(),
    words: (key, given = {}) => `${key} ${Object.entries(given).map(([name, value]) => `${name}=${value}`).join("; ")}`,
    now: (operation) => operation === now,
    block: (value) => plan.blocks.find((block) => block.kind === "tensor" && block.value === value) ?? null,
    touched: (value, cell) => marks.get(value)?.get(cell) ?? 0,
    changed: () => null,
    end: more.end ?? (() => undefined),
    edited: () => null,
    revision: more.revision ?? 0,
    origin: () => null,
    marked: (value) => marks.has(value),
    touchedCells: (value) => (marks.has(value) ? new Set(marks.get(value).keys()) : null),
    chosen: () => null,
    hit() {}, area() {}, click() {}, hitOperation() {}, set() {},
  } // biome-ignore format: few lines
  drawCells(paint, scene, null)
  scene.told = figures.map(({ tells }) => tells?.(scene) ?? "").join(" ")
  return { scene, notes, plan, paint }
}
