// Marks on single cells: not a number, masked, beyond the scale, edited, pointed at. Lengths in CSS pixels.

import { css, inkOn, tableIndex } from "./colour.js"
import { cellRectangle } from "./hit.js"

/** Hatching: no scale has it. What is not a number lies on paper, what is masked keeps its colour below. */
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

export function paintClipped(context, scale, number, box, side) {
  const size = Math.min(6, box.width / 4, box.height / 3)
  const [tip, base] = side > 0 ? [box.y + 2, box.y + 2 + size] : [box.y + box.height - 3, box.y + box.height - 3 - size]
  const x = box.x + box.width / 2
  triangle(context, css(inkOn(scale.table[tableIndex(scale, number)])), [x, tip], [x - size, base], [x + size, base])
}

export function paintEdited(context, { view, theme }, cell, plot) {
  const box = cellRectangle(cell, plot, view)
  const right = box.x + box.width - 1
  if (box.x < plot.x - 0.5 || right > plot.x + plot.width + 0.5 || box.y < plot.y - 0.5 || box.y > plot.y + plot.height) return
  const size = Math.max(4, Math.min(11, box.width / 3, box.height / 3))
  triangle(context, theme.ink, [right, box.y], [right - size, box.y], [right, box.y + size])
  context.strokeStyle = theme.paper
  context.lineWidth = 1.5
  context.stroke()
}

function triangle(context, colour, ...corners) {
  context.fillStyle = colour
  context.beginPath()
  corners.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)))
  context.closePath()
  context.fill()
}

/** The frame around the cell under the pointer or the keyboard's cursor. */
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
  for (const [colour, line] of [[theme.paper, 4], [focused ? theme.accent : theme.ink, 2]]) {
    context.strokeStyle = colour
    context.lineWidth = line
    context.strokeRect(box.x - 0.5, box.y - 0.5, width, height)
  }
  context.restore()
}
