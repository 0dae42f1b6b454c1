// A card as an image to take along: its title, its picture, its scale.

import { css } from "./colour.js"
import { penOf } from "./dom.js"
import { figureText } from "./format.js"
import { shapeLine } from "./reading.js"

const MARGIN = 16
const HEAD = 44
const FOOT = 34

/**
 * @param {import("./card.js").Card} card @returns {Promise<Blob|null>} null where nothing is drawn, or it is too large
 */
export async function pngBlob(card) {
  const { picture, theme, tensor, words } = card
  const { layout, drawn } = picture
  if (!layout || !drawn) return null
  const { width, height } = layout
  const canvas = document.createElement("canvas")
  const ratio = Math.max(2, picture.ratio)
  const { scale } = drawn
  const footed = scale && !scale.discrete && !drawn.trueColour
  canvas.width = (width + 2 * MARGIN) * ratio
  canvas.height = (height + 2 * MARGIN + HEAD + (footed ? FOOT : 0)) * ratio
  const context = penOf(canvas)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.fillStyle = theme.paper
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = theme.ink
  context.font = `600 16px ${theme.words}`
  context.fillText(tensor.name, MARGIN, MARGIN + 14)
  context.fillStyle = theme.muted
  context.font = `12px ${theme.words}`
  context.fillText(`${shapeLine(tensor, words)} · ${tensor.dtype}`, MARGIN, MARGIN + 32)
  context.drawImage(picture.base, MARGIN, MARGIN + HEAD, width, height)
  if (footed) paintBar(context, theme, scale, width, MARGIN + HEAD + height + 12)
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
}

/**
 * @param {CanvasRenderingContext2D} context @param {import("./theme.js").Theme} theme
 * @param {import("./colour.js").Scale} scale @param {number} width @param {number} top
 */
function paintBar(context, theme, scale, width, top) {
  const step = width / scale.table.length
  scale.table.forEach((colour, at) => {
    context.fillStyle = css(colour)
    context.fillRect(MARGIN + at * step, top, step + 0.5, 6)
  })
  context.fillStyle = theme.muted
  context.font = `10px ${theme.numbers}`
  const ends = [scale.low, (scale.low + scale.high) / 2, scale.high]
  ends.forEach((value, at) => {
    context.textAlign = at === 0 ? "left" : at === 1 ? "center" : "right"
    context.fillText(figureText(value), MARGIN + (at * width) / 2, top + 18)
  })
  context.textAlign = "left"
}
