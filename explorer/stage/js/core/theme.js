// The reader's theme as numbers that a canvas can use.

import { css, luminance, parseColour, rgb } from "./colour.js"

/**
 * @typedef {object} Theme
 * @property {boolean} dark @property {string} ink @property {string} muted @property {string} paper
 * @property {string} line @property {string} accent @property {string} numbers font of numbers @property {string} words
 * @property {import("./colour.js").Rgb} other the colour of cells that hold no number
 */

/** @param {Element} root an element under Streamlit's `--st-*` variables @returns {Theme} */
export function readTheme(root) {
  const style = getComputedStyle(root)
  const variable = (/** @type {string} */ name) => style.getPropertyValue(name).trim()
  const paper = parseColour(variable("--st-background-color")) ?? [255, 255, 255]
  const ink = parseColour(variable("--st-text-color")) ?? [30, 32, 38]
  const mix = (/** @type {number} */ share) =>
    rgb((channel) => Math.round(ink[channel] * share + paper[channel] * (1 - share)))
  const dark = luminance(paper) < 0.2
  return {
    dark,
    ink: css(ink),
    paper: css(paper),
    muted: css(mix(0.74)),
    line: css(mix(0.14)),
    other: mix(dark ? 0.3 : 0.22),
    accent: variable("--st-primary-color") || css(ink),
    numbers: variable("--st-code-font") || "monospace",
    words: variable("--st-font") || "sans-serif",
  }
}
