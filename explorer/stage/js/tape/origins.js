// Where cells come from on the axes of the inputs, as a tape tells it. Small: it is loaded before any tape.

import { sizeOf } from "./shapes.js"

/** In place of a position on an input's axis: of none, of several, nobody knows. As in `explorer.model.tape`. */
export const NOWHERE = -1
export const SEVERAL = -2
export const UNKNOWN = -3

/** Where the cells of an input come from: each from where it stands. @param {string} id @param {number[]} shape @param {import("./message.js").TapeHeader["axes"]} axes */
export function ownPlaces(id, shape, axes) {
  const size = sizeOf(shape)
  const places = new Int32Array(axes.length * size).fill(NOWHERE)
  axes.forEach(([tensor, axis, length], row) => {
    if (tensor !== id) return
    const stride = sizeOf(shape.slice(axis + 1))
    for (let cell = 0; cell < size; cell++) places[row * size + cell] = Math.floor(cell / stride) % length
  })
  return places
}
