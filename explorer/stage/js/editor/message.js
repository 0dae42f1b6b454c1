// The message -> what the editor shows: of `explorer.stage.editor.pack_editor`. Nothing here draws.

import { opened } from "../core/envelope.js"
import { readNumber } from "../core/format.js"

/**
 * @typedef {{line: number, message: string, severity: "error"|"warning"|"info", column: number|null, end_column: number|null}} Mark
 *
 * @typedef {object} Picture of a tensor: so many cells, with what their colours depend on
 * @property {string} scale @property {number} rows @property {number} columns @property {Float32Array} numbers
 * @property {{minimum: number|null, maximum: number|null}} statistics
 *
 * @typedef {{id: string, name: string, dtype: string, shape: number[], picture: Picture|null}} Made a tensor of a line
 * @typedef {{line: number, tensors: Made[]}} Note
 *
 * @typedef {object} Message
 * @property {Record<string, string>} labels
 * @property {string} text @property {number} edition its version @property {string} document
 * @property {string|null} of the text that marks and notes are about; null if nothing ran
 * @property {string} said the same as long as marks, notes and the words are the same
 * @property {Mark[]} marks @property {Note[]} notes @property {number} now the line that is running; 0: none
 * @property {boolean} read_only @property {boolean} can_run @property {boolean} by_itself @property {boolean} resumes @property {number} limit
 */

/** @param {import("../types.js").Bytes} bytes @returns {Message} */
export function readEditor(bytes) {
  const { header, start } = opened(bytes)
  for (const { tensors } of header.notes) {
    for (const tensor of tensors) tensor.picture &&= readPicture(tensor.picture, bytes, start)
  }
  return { ...header, of: header.of === true ? header.text : header.of }
}

/** @param {any} told @param {import("../types.js").Bytes} bytes @param {number} start of the arrays @returns {Picture} */
function readPicture({ scale, rows, columns, minimum, maximum, offset }, bytes, start) {
  const from = bytes.byteOffset + start + offset
  const numbers = new Float32Array(bytes.buffer.slice(from, from + 4 * rows * columns))
  const number = (/** @type {number|string|null} */ told) => (told === null ? null : Number(readNumber(told)))
  return { scale, rows, columns, numbers, statistics: { minimum: number(minimum), maximum: number(maximum) } }
}
