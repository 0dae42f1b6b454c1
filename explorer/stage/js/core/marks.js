// Marks on single cells: not a number, masked, beyond the scale, edited, pointed at. Lengths in CSS pixels.

import { css, inkOn, rgb, tableIndex } from "./colour.js"
import { cellRectangle } from "./hit.js"
import { offsetOf } from "./slices.js"

/** @import { Cell, Plot } from "./hit.js" @import { Scene } from "./paint.js" @import { Theme } from "./theme.js" */

/**
 * Hatching: no scale has it. What is not a number lies on paper, what is masked keeps its colour below.
 * @param {CanvasRenderingContext2D} context @param {Theme} theme @param {Plot} box @param {boolean} blank
 */
export function paintHatch(context, theme, box, blank) {
  context.save()
  context.beginPath()
  context.rect(box.x, box.y, box.width - 1, box.height - 1)
  context.clip()
  if (blank) {
    context.fillStyle = theme.paper
    context.fillRect(box.x, box.y, box.width, box.height)
  } else {
    context.globalAlpha = 0.72
    context.fillStyle = theme.paper
    context.fillRect(box.x, box.y, box.width, box.height)
  }
  context.globalAlpha = blank ? 0.28 : 0.4
  context.strokeStyle = theme.ink
  context.lineWidth = 1
  context.beginPath()
  for (let x = box.x - box.height; x < box.x + box.width; x += 5) {
    context.moveTo(x, box.y + box.height)
    context.lineTo(x + box.height, box.y)
  }
  context.stroke()
  context.restore()
}

/**
 * @param {CanvasRenderingContext2D} context @param {import("./colour.js").Scale} scale @param {number} number
 * @param {Plot} box @param {number} side as `clipped` tells it
 */
export function paintClipped(context, scale, number, box, side) {
  const size = Math.min(6, box.width / 4, box.height / 3)
  const [tip, base] = side > 0 ? [box.y + 2, box.y + 2 + size] : [box.y + box.height - 3, box.y + box.height - 3 - size]
  const x = box.x + box.width / 2
  triangle(context, css(inkOn(scale.table[tableIndex(scale, number)])), [x, tip], [x - size, base], [x + size, base])
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Cell} cell @param {Plot} plot */
export function paintEdited(context, { view, theme }, cell, plot) {
  const box = cellRectangle(cell, plot, view)
  const right = box.x + box.width - 1
  if (box.x < plot.x - 0.5 || right > plot.x + plot.width + 0.5 || box.y < plot.y - 0.5 || box.y > plot.y + plot.height)
    return
  const size = Math.max(4, Math.min(11, box.width / 3, box.height / 3))
  triangle(context, theme.ink, [right, box.y], [right - size, box.y], [right, box.y + size])
  context.strokeStyle = theme.paper
  context.lineWidth = 1.5
  context.stroke()
}

/** @param {CanvasRenderingContext2D} context @param {string} colour @param {...[number, number]} corners */
function triangle(context, colour, ...corners) {
  context.fillStyle = colour
  context.beginPath()
  for (const [x, y] of corners) context.lineTo(x, y) // the first begins the path
  context.closePath()
  context.fill()
}

/** @type {Record<"light"|"dark", [import("./colour.js").Rgb, import("./colour.js").Rgb]>} */
const TRAIL = {
  light: [
    [214, 196, 236],
    [108, 30, 150],
  ],
  dark: [
    [96, 72, 128],
    [226, 170, 255],
  ],
}

/**
 * The colour of a strength from 0 to 1: violet, which no scale of values has.
 * @param {number} share @param {boolean} dark
 */
export function trailColour(share, dark) {
  const [weak, strong] = TRAIL[dark ? "dark" : "light"]
  return rgb((channel) => Math.round(weak[channel] + (strong[channel] - weak[channel]) * share))
}

/**
 * Veils the cells that do not count and rims those that do, the stronger the darker.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene
 * @param {import("../trail/bus.js").Weights} trail
 */
export function paintTrail(context, { layout, view, theme, slices }, { weights, largest }) {
  context.save()
  slices.forEach((slice, at) => {
    const plot = layout.plots[at]
    context.save()
    context.beginPath()
    context.rect(plot.x, plot.y, plot.width, plot.height)
    context.clip()
    for (let row = 0; row < slice.rows; row++) {
      for (let column = 0; column < slice.columns; column++) {
        const weight = Math.abs(weights[offsetOf(slice, row, column)])
        const box = cellRectangle({ row, column }, plot, view)
        if (!weight) {
          context.globalAlpha = 0.78
          context.fillStyle = theme.paper
          context.fillRect(box.x, box.y, box.width, box.height)
          continue
        }
        const share = largest > 0 && Number.isFinite(weight) ? weight / largest : 1
        const line = Math.min(4, box.width / 3, box.height / 3)
        context.globalAlpha = 1
        context.strokeStyle = css(trailColour(share, theme.dark))
        context.lineWidth = line
        context.strokeRect(box.x + line / 2, box.y + line / 2, box.width - line - 1, box.height - line - 1)
      }
    }
    context.restore()
  })
  context.restore()
}

/**
 * The touched cell, or one that the arithmetic points at: a frame that no strength has.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Cell} cell @param {boolean} pinned
 */
export function paintPin(context, { layout, view, theme }, cell, pinned) {
  const plot = layout.plots[cell.facet]
  if (!plot) return
  const box = cellRectangle(cell, plot, view)
  const [width, height] = [Math.max(box.width, 4), Math.max(box.height, 4)]
  context.save()
  context.beginPath()
  context.rect(plot.x - 3, plot.y - 3, plot.width + 6, plot.height + 6)
  context.clip()
  for (const { colour, line } of [
    { colour: theme.paper, line: 6 },
    { colour: pinned ? css(trailColour(1, theme.dark)) : theme.ink, line: 3 },
  ]) {
    context.strokeStyle = colour
    context.lineWidth = line
    if (!pinned && colour !== theme.paper) context.setLineDash([4, 3])
    context.strokeRect(box.x - 0.5, box.y - 0.5, width, height)
  }
  context.restore()
}

/**
 * One dashed line around cells that were looked at together.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Cell[]} cells
 */
export function paintWindow(context, { layout, view, theme }, cells) {
  const at = new Set(cells.map(({ facet, row, column }) => `${facet} ${row} ${column}`))
  context.save()
  context.beginPath()
  for (const cell of cells) {
    const plot = layout.plots[cell.facet]
    const { x, y, width, height } = cellRectangle(cell, plot, view)
    const [right, bottom] = [x + width - 0.5, y + height - 0.5]
    for (const [row, column, x1, y1, x2, y2] of [
      [-1, 0, x, y, right, y],
      [1, 0, x, bottom, right, bottom],
      [0, -1, x, y, x, bottom],
      [0, 1, right, y, right, bottom],
    ]) {
      if (at.has(`${cell.facet} ${cell.row + row} ${cell.column + column}`)) continue
      context.moveTo(x1, y1)
      context.lineTo(x2, y2)
    }
  }
  for (const { colour, line, dash } of [
    { colour: theme.paper, line: 5, dash: [] },
    { colour: css(trailColour(1, theme.dark)), line: 2.5, dash: [6, 3] },
  ]) {
    context.strokeStyle = colour
    context.lineWidth = line
    context.setLineDash(dash)
    context.stroke()
  }
  context.restore()
}

/** @type {Record<"light"|"dark", import("./colour.js").Rgb>} */
const CHANGED = { light: [255, 198, 10], dark: [255, 214, 64] }

/**
 * The cells that the last change made other: a bright rim on a dark line, which fades.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Cell[]} cells @param {number} strength 0 to 1
 */
export function paintChanges(context, { layout, view, theme }, cells, strength) {
  context.save()
  for (const cell of cells) {
    const plot = layout.plots[cell.facet]
    const box = cellRectangle(cell, plot, view)
    if (
      box.x + box.width <= plot.x
      || box.y + box.height <= plot.y
      || box.x >= plot.x + plot.width
      || box.y >= plot.y + plot.height
    )
      continue
    const [width, height] = [Math.max(box.width - 1, 3), Math.max(box.height - 1, 3)]
    const line = Math.max(1, Math.min(4, width / 4, height / 4))
    const bright = css(CHANGED[theme.dark ? "dark" : "light"])
    context.fillStyle = bright
    context.globalAlpha = strength * 0.3
    context.fillRect(box.x, box.y, width, height)
    context.globalAlpha = strength
    for (const { colour, thick } of [
      { colour: theme.dark ? theme.paper : theme.ink, thick: line + 2 },
      { colour: bright, thick: line },
    ]) {
      context.strokeStyle = colour
      context.lineWidth = thick
      context.strokeRect(box.x + line / 2, box.y + line / 2, Math.max(1, width - line), Math.max(1, height - line))
    }
  }
  context.restore()
}

/**
 * The frame around the cell under the pointer or the keyboard's cursor.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Cell} cell @param {boolean} focused
 */
export function paintFrame(context, scene, cell, focused) {
  const { layout, view, theme } = scene
  const plot = layout.plots[cell.facet]
  if (!plot) return
  const box = cellRectangle(cell, plot, view)
  const width = Math.max(box.width, 3)
  const height = Math.max(box.height, 3)
  context.save()
  context.beginPath()
  context.rect(plot.x - 2, plot.y - 2, plot.width + 4, plot.height + 4)
  context.clip()
  context.lineJoin = "round"
  for (const { colour, line } of [
    { colour: theme.paper, line: 4 },
    { colour: focused ? theme.accent : theme.ink, line: 2 },
  ]) {
    context.strokeStyle = colour
    context.lineWidth = line
    context.strokeRect(box.x - 0.5, box.y - 0.5, width, height)
  }
  context.restore()
}
