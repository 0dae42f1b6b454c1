// Draws slices on a canvas: colours, then numbers, then marks, then labels. All lengths in CSS pixels.

import { paintLabels } from "./annotate.js"
import { clipped, css, glyphOf, inkOn, tableIndex } from "./colour.js"
import { penOf } from "./dom.js"
import { cellFormatter, exactText, ROUND } from "./format.js"
import { cellRectangle } from "./hit.js"
import { CHARACTER, fitFont, roomFor } from "./layout.js"
import { paintClipped, paintEdited, paintHatch } from "./marks.js"
import { cellWindow, condense, paintPixels, paintTrueColour } from "./raster.js"
import { storedDtype } from "./reading.js"
import { offsetOf } from "./slices.js"

const GRID_FROM = 7
const GLYPHS_FROM = 5
const MOST_TEXTS = 6000
const MOST_EXACT = 7

/**
 * @import { Size } from "../types.js" @import { Plot } from "./hit.js" @import { Window } from "./raster.js"
 * @import { Slice } from "./slices.js"
 */

/**
 * @typedef {{size: number, text: (value: import("./format.js").Value) => string}} Print how cells are printed
 *
 * @typedef {object} Scene
 * @property {import("./unpack.js").Tensor} tensor @property {import("./colour.js").Scale|null} scale
 * @property {import("./theme.js").Theme} theme @property {Slice[]} slices
 * @property {import("./view.js").View} view @property {import("./layout.js").Layout} layout
 * @property {number} ratio device pixels per CSS pixel @property {{stride: number, top: number}|null} trueColour
 * @property {(slice: Slice, row: number, column: number) => boolean} masked
 * @property {import("./hit.js").Cell[]} edited @property {string[]} titles of the slices
 * @property {string} rowName @property {string} columnName
 * @property {{row: number, column: number}} steps indices that a cell stands for
 */

const scratch = document.createElement("canvas")

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
export function paint(context, scene) {
  const { layout, slices, ratio, view } = scene
  const window = cellWindow(view, slices[0].rows, slices[0].columns)
  const [{ width, height }] = layout.plots
  const cell = { width: width / view.width, height: height / view.height }
  const print = printer(scene, window, cell)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, layout.width, layout.height)
  slices.forEach((slice, at) => {
    const plot = layout.plots[at]
    context.save()
    context.beginPath()
    context.rect(plot.x, plot.y, plot.width, plot.height)
    context.clip()
    paintColours(context, scene, slice, plot)
    paintCells(context, scene, slice, plot, window, cell, print)
    context.restore()
    for (const cell of scene.edited) if (cell.facet === at) paintEdited(context, scene, cell, plot)
    paintLabels(context, scene, slice, plot, at)
  })
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Slice} slice @param {Plot} plot */
function paintColours(context, { tensor, scale, theme, view, ratio, trueColour }, slice, plot) {
  const window = cellWindow(view, slice.rows, slice.columns)
  if (!scale || !tensor.numbers) {
    context.fillStyle = theme.dark ? "rgba(255, 255, 255, 0.06)" : "rgba(20, 24, 32, 0.05)"
    context.fillRect(plot.x, plot.y, plot.width, plot.height)
    return
  }
  const width = Math.max(1, Math.min(window.width, Math.round(plot.width * ratio)))
  const height = Math.max(1, Math.min(window.height, Math.round(plot.height * ratio)))
  if (scratch.width < width) scratch.width = width
  if (scratch.height < height) scratch.height = height
  const pen = penOf(scratch)
  const image = pen.createImageData(width, height)
  if (trueColour)
    paintTrueColour(tensor.numbers, slice, trueColour.stride, trueColour.top, window, width, height, image.data)
  else paintPixels(condense(tensor.numbers, slice, window, width, height), scale, theme.other, image.data)
  pen.putImageData(image, 0, 0)
  const first = cellRectangle({ row: window.y, column: window.x }, plot, view)
  context.imageSmoothingEnabled = false
  context.drawImage(
    scratch,
    0,
    0,
    width,
    height,
    first.x,
    first.y,
    first.width * window.width,
    first.height * window.height,
  )
}

/**
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Slice} slice @param {Plot} plot
 * @param {Window} window @param {Size} cell @param {Print|null} print
 */
function paintCells(context, scene, slice, plot, window, cell, print) {
  const { view, theme } = scene
  if (Math.min(cell.width, cell.height) >= GRID_FROM) paintGrid(context, theme, plot, view, window)
  if (cell.width < GLYPHS_FROM || cell.height < GLYPHS_FROM) return
  context.textAlign = "center"
  context.textBaseline = "middle"
  for (let row = window.y; row < window.y + window.height; row++) {
    for (let column = window.x; column < window.x + window.width; column++) {
      paintCell(context, scene, slice, row, column, cellRectangle({ row, column }, plot, view), print)
    }
  }
}

/**
 * How to print the cells in view, all slices alike, and how large; null where numbers have no room.
 * @param {Scene} scene @param {Window} window @param {Size} cell @returns {Print|null}
 */
function printer({ tensor, trueColour, slices }, window, cell) {
  const count = window.width * window.height
  if (trueColour || count * slices.length > MOST_TEXTS || cell.width < 12 || cell.height < 12) return null
  const dtype = storedDtype(tensor)
  /** @type {import("./format.js").Value[]} */
  const sample = slices.flatMap((slice) =>
    Array.from(
      { length: count },
      (_, at) =>
        tensor.values[offsetOf(slice, window.y + Math.floor(at / window.width), window.x + (at % window.width))] ?? "",
    ),
  )
  const longest = Math.max(1, ...sample.map((value) => exactText(value, dtype).length))
  const size = longest <= MOST_EXACT || !(dtype in ROUND) ? fitFont(cell, longest, longest > 2 ? 10.5 : 9) : 0
  if (size) return { size, text: (value) => exactText(value, dtype) }
  const short = roomFor(cell)
  return short && { size: short.size, text: cellFormatter(sample, dtype, short.room) }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Slice} slice @param {number} row @param {number} column
 * @param {Plot} box @param {Print|null} print
 */
function paintCell(context, { tensor, scale, theme, masked }, slice, row, column, box, print) {
  const offset = offsetOf(slice, row, column)
  const number = tensor.numbers ? Number(tensor.numbers[offset]) : 0
  const glyph = tensor.numbers ? glyphOf(number) : ""
  const hidden = masked(slice, row, column)
  if (glyph || hidden) paintHatch(context, theme, box, Boolean(glyph))
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 + 0.5 }
  if (glyph) {
    const size = Math.min(12, box.height * 0.7, (box.width - 2) / (glyph.length * CHARACTER))
    if (size < 5) return
    context.font = `600 ${size}px ${theme.numbers}`
    context.fillStyle = theme.ink
    context.fillText(glyph, middle.x, middle.y)
    return
  }
  if (print) {
    const index = scale ? tableIndex(scale, number) : -1
    context.font = `${print.size}px ${theme.numbers}`
    context.fillStyle = hidden || !scale || index < 0 ? theme.ink : css(inkOn(scale.table[index]))
    context.fillText(print.text(tensor.values[offset] ?? ""), middle.x, middle.y)
  }
  const side = scale ? clipped(scale, number) : 0
  if (scale && side && box.width >= 8 && box.height >= 8) paintClipped(context, scale, number, box, side)
}

/**
 * @param {CanvasRenderingContext2D} context @param {import("./theme.js").Theme} theme @param {Plot} plot
 * @param {import("./view.js").View} view @param {Window} window
 */
function paintGrid(context, theme, plot, view, window) {
  context.strokeStyle = theme.paper
  context.lineWidth = 1
  context.beginPath()
  for (let column = window.x + 1; column < window.x + window.width; column++) {
    const x = Math.round(plot.x + (column - view.x) * (plot.width / view.width)) - 0.5
    context.moveTo(x, plot.y)
    context.lineTo(x, plot.y + plot.height)
  }
  for (let row = window.y + 1; row < window.y + window.height; row++) {
    const y = Math.round(plot.y + (row - view.y) * (plot.height / view.height)) - 0.5
    context.moveTo(plot.x, y)
    context.lineTo(plot.x + plot.width, y)
  }
  context.stroke()
}
