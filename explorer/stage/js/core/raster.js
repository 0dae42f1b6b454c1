// A slice -> pixels, one a cell, or one for many cells when there are more cells than pixels. Nothing here draws.

import { tableIndex } from "./colour.js"

/** @typedef {{x: number, y: number, width: number, height: number}} Window whole cells */

/**
 * The whole cells that a view touches.
 * @param {import("./view.js").View} view @param {number} rows @param {number} columns @returns {Window}
 */
export function cellWindow(view, rows, columns) {
  const x = Math.max(0, Math.floor(view.x))
  const y = Math.max(0, Math.floor(view.y))
  return {
    x,
    y,
    width: Math.min(columns, Math.ceil(view.x + view.width - 1e-9)) - x,
    height: Math.min(rows, Math.ceil(view.y + view.height - 1e-9)) - y,
  }
}

/**
 * The value that each pixel stands for: of the cells below it the one farthest from zero, and NaN before any number, so
 * that nothing extreme is averaged away.
 * @param {ArrayLike<number>} numbers @param {import("./slices.js").Slice} slice @param {Window} window
 * @param {number} width @param {number} height in pixels, at most the window's cells
 * @returns {Float64Array}
 */
export function condense(numbers, slice, window, width, height) {
  const chosen = new Float64Array(width * height)
  const whole = width === window.width && height === window.height
  const across = Int32Array.from({ length: window.width }, (_, column) => Math.floor((column * width) / window.width))
  for (let row = 0; row < window.height; row++) {
    let offset = slice.base + (row + window.y) * slice.rowStride + window.x * slice.columnStride
    const line = Math.floor((row * height) / window.height) * width
    for (let column = 0; column < window.width; column++, offset += slice.columnStride) {
      const value = numbers[offset]
      const pixel = line + across[column]
      const before = chosen[pixel]
      if (whole || Number.isNaN(value) || (!Number.isNaN(before) && Math.abs(value) > Math.abs(before)))
        chosen[pixel] = value
    }
  }
  return chosen
}

/**
 * @param {Float64Array} values @param {import("./colour.js").Scale} scale
 * @param {import("./colour.js").Rgb} other the colour of what is not a number @param {Uint8ClampedArray} pixels RGBA, filled
 */
export function paintPixels(values, scale, other, pixels) {
  for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += 4) {
    const index = tableIndex(scale, values[pixel])
    const colour = index < 0 ? other : scale.table[index]
    pixels[at] = colour[0]
    pixels[at + 1] = colour[1]
    pixels[at + 2] = colour[2]
    pixels[at + 3] = 255
  }
}

/**
 * Three channels as one picture, a pixel a cell (nearest, when there are more cells than pixels).
 * @param {ArrayLike<number>} numbers @param {import("./slices.js").Slice} slice
 * @param {number} stride between channels @param {number} top the value of full light @param {Window} window
 * @param {number} width @param {number} height in pixels @param {Uint8ClampedArray} pixels RGBA, filled
 */
export function paintTrueColour(numbers, slice, stride, top, window, width, height, pixels) {
  for (let y = 0, at = 0; y < height; y++) {
    const row = window.y + Math.floor((y * window.height) / height)
    for (let x = 0; x < width; x++, at += 4) {
      const column = window.x + Math.floor((x * window.width) / width)
      const offset = slice.base + row * slice.rowStride + column * slice.columnStride
      for (let channel = 0; channel < 3; channel++)
        pixels[at + channel] = (numbers[offset + channel * stride] * 255) / top
      pixels[at + 3] = 255
    }
  }
}
