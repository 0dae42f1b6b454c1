// The flow's message -> frames, steps and tensors. A tensor is made when it is first asked for. Nothing here draws.

import { kept } from "../core/dom.js"
import { opened } from "../core/envelope.js"
import { readTensor } from "../core/unpack.js"
import { statisticsOf } from "./statistics.js"

/** @import { Bytes, Encoded, Entry, FlowOptions } from "../types.js" */

/**
 * @typedef {object} Operand @property {string} name of a keyword @property {string} text what it was if no tensor
 * @property {number[]} tensors their numbers, -1 for one that was not recorded
 *
 * @typedef {object} Site a place in a source: lines from 1, columns from 0
 * @property {number} line @property {number} column @property {number} endLine @property {number} endColumn
 * @property {string} target
 *
 * @typedef {object} Step @property {number} site @property {string} operation @property {number[]} values
 * @property {Operand[]} operands @property {string[]} ops what TensorFlow ran for it
 * @property {string} error why it failed, or ""
 *
 * @typedef {object} Frame @property {number} number @property {string} name @property {string} source
 * @property {number} place the same for every call of the same code @property {number} firstLine
 * @property {number} parent -1 for the outermost @property {number} from steps its parent had taken
 * @property {number} position among its siblings @property {Step[]} steps @property {number[]} children
 *
 * @typedef {object} Model @property {Frame[]} frames @property {number[]} roots @property {Site[]} sites
 * @property {(number: number) => import("../core/unpack.js").Tensor|null} tensor null for one that was left out
 * @property {(number: number) => {id: string, name: string, role: string, shape: number[], dtype: string}} known
 * @property {(id: string) => number|undefined} number of the tensor with an id
 * @property {Record<string, string>} labels @property {FlowOptions} options
 * @property {import("./graph.js").FlowHeader} flow
 *
 * @typedef {object} Header the columns of `explorer.model.columns.TraceColumns`, and what `explorer.stage.frames` adds
 * @property {{id: string, name: string, role: string, dtype: string, scale: string, axes: string[], trainable: boolean|null, initializer: string, help: string}[]} tensors
 * @property {number[]} tensor_row @property {number[]} tensor_number @property {number[]} tensor_array
 * @property {{function: string, first_line: number}[]} frames @property {string[]} sources
 * @property {number[]} frame_row @property {number[]} frame_source @property {number[]} frame_parent
 * @property {number[]} frame_from @property {number[]} frame_steps
 * @property {{line: number, column: number, end_line: number, end_column: number, target: string, operation: string, ops: string[], error: string}[]} steps
 * @property {number[]} step_row @property {number[]} step_values @property {number[]} step_operands
 * @property {number[]} values @property {{name: string, text: string}[]} operands
 * @property {number[]} operand_row @property {number[]} operand_ids @property {string[][]} ids
 * @property {(Encoded & {dtype: string, shape: number[], statistics?: Entry["statistics"]})[]} arrays
 * @property {Record<string, string>} axes @property {Model["labels"]} labels @property {Model["options"]} options
 * @property {import("./graph.js").FlowHeader} flow
 */

/** @param {Bytes} bytes @returns {Model} */
export function readFrames(bytes) {
  /** @type {{header: Header, start: number}} */
  const { header, start } = opened(bytes)
  const { labels, options } = header
  const ids = header.tensor_row.map(
    (row, at) => header.tensors[row].id + (header.tensor_number[at] < 0 ? "" : header.tensor_number[at]),
  )
  const numbers = new Map(ids.map((id, at) => /** @type {const} */ ([id, at])).reverse()) // of tensors with one id the first
  const { sites, siteOf } = sitesOf(header)
  const frames = framesOf(header, siteOf, ids, numbers)
  return {
    labels,
    options,
    frames,
    sites,
    flow: header.flow,
    number: (id) => numbers.get(id),
    ...tensorsOf(header, ids, bytes, start),
    roots: frames.filter(({ parent }) => parent < 0).map(({ number }) => number),
  }
}

/** Steps of one expression have one site, whatever came of them. @param {Header} header */
function sitesOf({ steps }) {
  /** @type {Map<string, number>} */
  const known = new Map()
  /** @type {Site[]} */
  const sites = []
  const siteOf = steps.map(({ line, column, end_line: endLine, end_column: endColumn, target }) => {
    const key = [line, column, endLine, endColumn, target].join()
    return kept(known, key, () => sites.push({ line, column, endLine, endColumn, target }) - 1)
  })
  return { sites, siteOf }
}

/**
 * @param {Header} header @param {number[]} siteOf @param {string[]} ids of the tensors
 * @param {Map<string, number>} numbers of the tensors by their ids @returns {Frame[]}
 */
function framesOf(header, siteOf, ids, numbers) {
  const { frames, steps, operands } = header
  const named = header.ids.map((names) => names.map((id) => numbers.get(id) ?? -1))
  let [next, value, given] = [0, 0, 0]
  /** @returns {Step} */
  const own = () => {
    const at = next++
    const { operation, ops, error } = steps[header.step_row[at]]
    /** @type {Step} */
    const step = { site: siteOf[header.step_row[at]], operation, ops, error, values: [], operands: [] }
    for (const end = value + header.step_values[at]; value < end; value++)
      step.values.push(/** @type {number} */ (numbers.get(ids[header.values[value]])))
    for (const end = given + header.step_operands[at]; given < end; given++) {
      const { name, text } = operands[header.operand_row[given]]
      step.operands.push({ name, text, tensors: named[header.operand_ids[given]] })
    }
    return step
  }
  const made = header.frame_row.map((place, number) => ({
    number,
    place,
    name: frames[place].function,
    firstLine: frames[place].first_line,
    source: header.sources[header.frame_source[number]],
    parent: header.frame_parent[number],
    from: header.frame_from[number],
    steps: Array.from({ length: header.frame_steps[number] }, own),
    children: /** @type {number[]} */ ([]),
    position: 0,
  }))
  let roots = 0
  for (const frame of made) {
    const siblings = made[frame.parent]?.children
    frame.position = siblings ? siblings.push(frame.number) - 1 : roots++
  }
  return made
}

/** @param {Header} header @param {string[]} ids @param {Bytes} bytes the message @param {number} start of its arrays */
function tensorsOf({ tensors, tensor_row: rows, tensor_array: arrayOf, arrays, axes }, ids, bytes, start) {
  /** @type {Map<number, import("../core/unpack.js").Tensor|null>} */
  const made = new Map()
  const axesOf = new Map(rows.map((row, at) => /** @type {const} */ ([arrayOf[at], tensors[row].axes])).reverse()) // the output under another name has its axes
  const pictures = picturesOf(axesOf)
  const word = (/** @type {string} */ axis) => axes[axis] ?? axis
  const known = (/** @type {number} */ number) => {
    const { name, role, dtype } = tensors[rows[number]]
    return { id: ids[number], name, role, dtype, shape: arrays[arrayOf[number]].shape }
  }
  const make = (/** @type {number} */ number) => {
    const entry = arrays[arrayOf[number]]
    if (entry.encoding === "none") return null
    const { scale, trainable, initializer, help } = tensors[rows[number]]
    const names = (axesOf.get(arrayOf[number]) ?? []).map((axis) => axis.replace(/^axis \d+$/, "")) // a number is no name
    const tensor = readTensor(
      {
        ...known(number),
        ...entry,
        scale,
        axes: names.length === entry.shape.length ? names : [],
        trainable,
        initializer,
        help,
        statistics: entry.statistics ?? {},
      },
      bytes,
      start,
      word,
    )
    if (!entry.statistics) {
      const cells = entry.shape.reduce((product, size) => product * size, 1)
      tensor.statistics = statisticsOf(tensor.values, tensor.numbers, cells)
      if (entry.encoding === "text") Object.assign(tensor, { total: cells, whole: entry.shown === cells })
    }
    return { ...tensor, plain: planeOf(names, pictures) }
  }
  const tensor = (/** @type {number} */ number) => kept(made, number, () => make(number))
  return { known, tensor }
}

/** Where height and width stand in the layer's own pictures, by rank: tensors without names are laid out alike. @param {Map<number, string[]>} axesOf */
function picturesOf(axesOf) {
  /** @type {Map<number, string[]>} */
  const found = new Map()
  for (const names of axesOf.values()) {
    if (names.includes("height") && names.includes("width")) found.set(names.length, names) // the first one: they come last first
  }
  return found
}

/** The names by which the two axes to show are chosen; nothing is called by them. @param {string[]} names @param {Map<number, string[]>} pictures */
function planeOf(names, pictures) {
  const like = pictures.get(names.length)
  return like && names.slice(1).every((name) => !name) ? like : names
}
