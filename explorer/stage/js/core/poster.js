// A card as an image to take along: its title, its picture, its scale.

import { css } from "./colour.js"
import { figureText } from "./format.js"
import { shapeLine } from "./reading.js"

const MARGIN = 16
const HEAD = 44
const FOOT = 34

/** @param {import("./card.js").Card} card @returns {Promise<Blob>} */
export async function pngBlob(card) {
  const { picture, theme, tensor, words } = card
  const { width, height } = picture.layout
  const canvas = document.createElement("canvas")
  const ratio = Math.max(2, picture.ratio)
  const scale = picture.drawn.scale
  const footed = scale && !scale.discrete && !picture.drawn.trueColour
  canvas.width = (width + 2 * MARGIN) * ratio
  canvas.height = (height + 2 * MARGIN + HEAD + (footed ? FOOT : 0)) * ratio
  const context = canvas.getContext("2d")
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
  if (footed) paintBar(context, card, scale, MARGIN + HEAD + height + 12)
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
}

function paintBar(context, { picture, theme }, scale, top) {
  const { width } = picture.layout
  const step = width / scale.table.length
  scale.table.forEach((colour, at) => {
    context.fillStyle = css(colour)
    context.fillRect(MARGIN + at * step, top, step + 0.5, 6)
  })
  context.fillStyle = theme.muted
  context.font = `10px ${theme.numbers}`
  const ends = [scale.low, (scale.low + scale.high) / 2, scale.high]
  ends.forEach((value, at) => {
    context.textAlign = ["left", "center", "right"][at]
    context.fillText(figureText(value), MARGIN + (at * width) / 2, top + 18)
  })
  context.textAlign = "left"
}
