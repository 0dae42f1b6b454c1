// The tape's message -> its header and its arrays. Nothing here draws.

import { opened } from "../core/envelope.js"

/**
 * @import { Bytes } from "../types.js" @import { Attributes } from "./kernels/kernel.js"
 * @import { Numbers, Word } from "./numbers.js"
 */

/**
 * A value is a tensor, known by its number.
 *
 * @typedef {object} TapeHeader
 * @property {number} version @property {string} of which call it is of
 * @property {[dtype: string, shape: number[]][]} types
 * @property {number[]} values the type of each
 * @property {Record<string, number>} leaves the inputs and weights by their ids
 * @property {[value: number, kind: string, stored: Word[]|number][]} constants their numbers, or where those start
 * @property {string[]} kinds of operations, as TensorFlow calls them @property {Attributes[]} attributes
 * @property {[kind: number, attributes: number, inputs: number[], outputs: number[]][]} ops in the order in which they ran
 * @property {Record<string, number>} shown the tensors of the trace by their ids
 * @property {[value: number, numbers: Word[]][]} guards what Python read of a tensor on its way
 * @property {string[]} refusals why TensorFlow's program is not this one
 * @property {[id: string, axis: number, length: number][]} axes of the inputs, along which `origins` tells cells apart
 * @property {[value: number, kind: string, stored: Word[]|number][]} origins for each axis where every cell comes from
 */

const VERSION = 1
/** @type {Record<string, {new (buffer: ArrayBuffer): Numbers, readonly BYTES_PER_ELEMENT: number}>} */
const ARRAYS = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  u4: Uint32Array,
  i1: Int8Array,
}

/**
 * @param {Bytes} bytes
 * @returns {{header: TapeHeader, array: (kind: string, offset: number, count: number) => Numbers|null}}
 */
export function readTape(bytes) {
  /** @type {{header: TapeHeader, start: number}} */
  const { header, start } = opened(bytes)
  if (header.version !== VERSION) throw new RangeError(`a tape of version ${header.version}, not ${VERSION}`)
  return {
    header,
    array: (kind, offset, count) => {
      const made = ARRAYS[kind]
      const from = bytes.byteOffset + start + offset
      return made ? new made(bytes.buffer.slice(from, from + count * made.BYTES_PER_ELEMENT)) : null
    },
  }
}
