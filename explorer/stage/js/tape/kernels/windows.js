// Where a window stands that goes over a picture: axes, strides, padding. Nothing here draws.

/**
 * @import { Attributes, Operand } from "./kernel.js"
 *
 * @typedef {object} Windows along each axis of space
 * @property {number} channel the axis of the channels @property {number[]} space the others but the batch
 * @property {number[]} sizes of the picture @property {number[]} outer how many windows there are
 * @property {number[]} strides @property {number[]} dilations
 * @property {number[]} before the padding before the first cell
 */

/**
 * @param {Operand} picture @param {Operand} result @param {Attributes} attributes @param {(space: number[]) => number[]} kernelOf
 * the size of a window @returns {Windows & {kernel: number[]}}
 */
export function windowsOf(picture, result, attributes, kernelOf) {
  const rank = picture.shape.length
  const first = attributes.data_format?.startsWith("NC") ?? false
  const space = Array.from({ length: rank - 2 }, (_, at) => at + (first ? 2 : 1))
  const kernel = kernelOf(space)
  const found = {
    channel: first ? 1 : rank - 1,
    space,
    kernel,
    sizes: space.map((axis) => picture.shape[axis]),
    outer: space.map((axis) => result.shape[axis]),
    strides: space.map((axis) => attributes.strides?.[axis] ?? 1),
    dilations: space.map((axis) => attributes.dilations?.[axis] ?? 1),
  }
  const before = space.map((axis, at) => {
    if (attributes.padding === "VALID") return 0
    if (attributes.padding === "EXPLICIT") return attributes.explicit_paddings?.[2 * axis] ?? 0
    const reach = (kernel[at] - 1) * found.dilations[at] + 1
    return Math.max(0, (found.outer[at] - 1) * found.strides[at] + reach - found.sizes[at]) >> 1
  })
  return { ...found, before }
}
