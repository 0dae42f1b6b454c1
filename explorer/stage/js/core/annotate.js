// Writes the names and indices of the axes along a picture. Lengths in CSS pixels.

import { CHARACTER, labelStep } from "./layout.js"
import { cellWindow } from "./raster.js"

/**
 * @param {CanvasRenderingContext2D} context @param {import("./paint.js").Scene} scene
 * @param {import("./slices.js").Slice} slice @param {import("./hit.js").Plot} plot @param {number} at the slice's place
 */
export function paintLabels(context, { layout, theme, view, titles, rowName, columnName, steps }, slice, plot, at) {
  const cell = { width: plot.width / view.width, height: plot.height / view.height }
  const left = plot.x - layout.margin.left
  context.fillStyle = theme.muted
  context.textBaseline = "alphabetic"
  if (titles[at]) {
    context.font = `600 11px ${theme.words}`
    context.textAlign = "left"
    context.fillStyle = theme.ink
    context.fillText(
      titles[at],
      inside(context, layout, titles[at], plot.x),
      plot.y - layout.margin.top - 4,
      layout.width,
    )
    context.fillStyle = theme.muted
  }
  context.font = `11px ${theme.words}`
  if (columnName) {
    context.textAlign = "left"
    context.fillText(columnName, inside(context, layout, columnName, plot.x), plot.y - 18, layout.width)
  }
  if (rowName && context.measureText(rowName).width <= plot.height + 4) {
    context.save()
    context.translate(left + 9, plot.y + plot.height / 2)
    context.rotate(-Math.PI / 2)
    context.textAlign = "center"
    context.fillText(rowName, 0, 0)
    context.restore()
  }
  context.font = `10px ${theme.numbers}`
  context.textAlign = "center"
  const window = cellWindow(view, slice.rows, slice.columns)
  const digits = String(slice.columns * steps.column - 1).length
  for (const column of ticks(window.x, window.width, cell.width, steps.column, digits * 10 * CHARACTER + 6)) {
    const x = plot.x + (column / steps.column + 0.5 - view.x) * cell.width
    if (x >= plot.x && x <= plot.x + plot.width) context.fillText(String(column), x, plot.y - 5)
  }
  if (!layout.margin.left) return
  context.textAlign = "right"
  context.textBaseline = "middle"
  for (const row of ticks(window.y, window.height, cell.height, steps.row, cell.height < 13 ? 20 : 13)) {
    const y = plot.y + (row / steps.row + 0.5 - view.y) * cell.height
    if (y >= plot.y && y <= plot.y + plot.height) context.fillText(String(row), plot.x - 6, y + 0.5)
  }
}

/**
 * Where a text begins so that the picture's edge does not cut it.
 * @param {CanvasRenderingContext2D} context @param {import("../types.js").Size} layout @param {string} text @param {number} x
 */
function inside(context, layout, text, x) {
  return Math.max(0, Math.min(x, layout.width - Math.ceil(context.measureText(text).width)))
}

/**
 * The indices to write along an axis on which each cell stands for `step` of them.
 * @param {number} first @param {number} count @param {number} size of a cell @param {number} step @param {number} label
 */
function ticks(first, count, size, step, label) {
  const pitch = labelStep(size / step, label)
  const from = Math.ceil((first * step) / pitch) * pitch
  return Array.from(
    { length: Math.max(0, Math.ceil(((first + count) * step - from) / pitch)) },
    (_, at) => from + at * pitch,
  )
}
