// Cells of tensors as SVG, in the colours of the stage. A colour is named, not computed: it follows the reader's theme.

const SPACE = "http://www.w3.org/2000/svg"
/** From these parts of a full colour on, white reads better on it (light theme), or black (dark theme). */
const WHITE_FROM = { above: 0.85, below: 0.97 }
const BLACK_FROM = 0.61

/** @typedef {"signed"|"share"|"grey"|"colour"} CellScale */

/**
 * An element of a picture.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} name @param {Record<string, string|number>} [attributes] @param {string} [text] @returns {SVGElementTagNameMap[Tag]}
 */
export function draw(name, attributes = {}, text) {
  const made = document.createElementNS(SPACE, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}

/**
 * An element of the page with a class, text and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} [className] @param {string} [text] @param {Element[]} [children]
 */
export function make(tag, className, text, children = []) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text) element.textContent = text
  element.append(...children)
  return element
}

/** A number with two decimals and a real minus sign. @param {number} value */
export function print(value) {
  return value
    .toFixed(2)
    .replace(/^-(?=0\.00$)/, "")
    .replace("-", "−")
}

/** The largest absolute value, at which a colour is full. @param {number[]} values */
export function topOf(values) {
  return values.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1
}

/** The colour of a value. @param {number} value @param {number} top @param {CellScale} [scale] */
export function fillOf(value, top, scale = "signed") {
  if (scale === "grey") return grey(value / top)
  if (scale === "share") return between("--share0", "--share1", "--share2", value, 0.4)
  return value >= 0
    ? between("--zero", "--pos-mid", "--pos", value / top, 0.5)
    : between("--zero", "--neg-mid", "--neg", -value / top, 0.5)
}

/** The ink that reads on a signed colour. @param {number} value @param {number} top */
export function inkOf(value, top) {
  const part = Math.abs(value) / top
  const light = part > (value >= 0 ? WHITE_FROM.above : WHITE_FROM.below) ? "#fff" : "#000"
  return `light-dark(${light}, ${part > BLACK_FROM ? "#000" : "#fff"})`
}

/** Red, green and blue between 0 and 1. @param {number[]} parts */
export function colourOf(parts) {
  return `rgb(${parts.map((part) => Math.round(Math.min(1, Math.max(0, part)) * 255)).join(" ")})`
}

/** @param {number} part */
function grey(part) {
  return colourOf([part, part, part])
}

/** Of three named colours the two that a part lies between, mixed. @param {string} first @param {string} second @param {string} third @param {number} part @param {number} middle */
function between(first, second, third, part, middle) {
  const at = Math.min(1, Math.max(0, part))
  const [from, to, share] = at < middle ? [first, second, at / middle] : [second, third, (at - middle) / (1 - middle)]
  return `color-mix(in srgb, var(${to}) ${(share * 100).toFixed(1)}%, var(${from}))`
}
