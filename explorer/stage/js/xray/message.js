// The X-ray's message -> frames, steps and tensors. A tensor is made when it is first asked for. Nothing here draws.

import { kept } from "../core/dom.js"
import { readTensor } from "../core/unpack.js"
import { statisticsOf } from "./statistics.js"

/** @import { Bytes, Encoded, Entry, Options } from "../types.js" */

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
 * @property {(number: number) => {id: string, name: string, shape: number[], dtype: string, array: number}} known
 * @property {Record<string, string>} labels @property {{at: string, notes: string[]}} options
 *
 * @typedef {object} Header as `explorer.stage.frames.pack_frames` packs it: of texts, the number among the words
 * @property {{place: number[], parent: number[], from: number[], steps: number[]}} frames
 * @property {{site: number[], operation: number[], values: number[][], operands: [number, number, number[]][][], ops: number[], error: number[]}} steps
 * @property {[string, number, number][]} places name, source, first line @property {string[]} sources
 * @property {[number, number, number, number, string][]} sites @property {string[]} words @property {Record<string, string>} axes
 * @property {{id: string[], name: number[], role: number[], scale: number[], axes: number[][], array: number[]}} tensors
 * @property {(Encoded & {dtype: string, shape: number[], statistics?: Entry["statistics"]})[]} arrays
 * @property {Model["labels"]} labels @property {Model["options"]} options
 */

/** @param {Bytes} bytes @returns {Model} */
export function readFrames(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  /** @type {Header} */
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
  const start = Math.ceil((4 + length) / 8) * 8
  const { labels, options } = header
  const frames = framesOf(header)
  return {
    labels,
    options,
    frames,
    ...tensorsOf(header, bytes, start),
    roots: frames.filter(({ parent }) => parent < 0).map(({ number }) => number),
    sites: header.sites.map(([line, column, endLine, endColumn, target]) => ({
      line,
      column,
      endLine,
      endColumn,
      target,
    })),
  }
}

/** @param {Header} header @returns {Frame[]} */
function framesOf({ frames, steps, places, sources, words }) {
  let next = 0
  const made = frames.place.map((place, number) => {
    const [name, source, firstLine] = places[place]
    const own = Array.from({ length: frames.steps[number] }, () => {
      const at = next++
      const operands = steps.operands[at].map(([called, text, tensors]) => ({
        name: words[called],
        text: words[text],
        tensors,
      }))
      return {
        site: steps.site[at],
        operation: words[steps.operation[at]],
        values: steps.values[at],
        operands,
        ops: words[steps.ops[at]].split(" ").filter(Boolean),
        error: words[steps.error[at]],
      }
    })
    return {
      number,
      name,
      place,
      firstLine,
      source: sources[source],
      parent: frames.parent[number],
      from: frames.from[number],
      steps: own,
      children: /** @type {number[]} */ ([]),
      position: 0,
    }
  })
  let roots = 0
  for (const frame of made) {
    const siblings = made[frame.parent]?.children
    frame.position = siblings ? siblings.push(frame.number) - 1 : roots++
  }
  return made
}

/** @param {Header} header @param {Bytes} bytes the message @param {number} start of its arrays */
function tensorsOf({ tensors, arrays, words, axes }, bytes, start) {
  /** @type {Map<number, import("../core/unpack.js").Tensor|null>} */
  const made = new Map()
  const pictures = picturesOf(tensors, words)
  const word = (/** @type {string} */ axis) => axes[axis] ?? axis
  const known = (/** @type {number} */ number) => {
    const array = tensors.array[number]
    const { shape, dtype } = arrays[array]
    return { id: tensors.id[number], name: words[tensors.name[number]], shape, dtype, array }
  }
  const make = (/** @type {number} */ number) => {
    const entry = arrays[tensors.array[number]]
    if (entry.encoding === "none") return null
    const names = tensors.axes[number].map((axis) => words[axis].replace(/^axis \d+$/, "")) // a number is no name
    const tensor = readTensor(
      {
        ...known(number),
        ...entry,
        role: words[tensors.role[number]],
        scale: words[tensors.scale[number]],
        axes: names.length === entry.shape.length ? names : [],
        trainable: null,
        initializer: "",
        help: "",
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
    return { ...tensor, number, array: tensors.array[number], plain: planeOf(names, pictures) }
  }
  const tensor = (/** @type {number} */ number) => kept(made, number, () => make(number))
  return { known, tensor }
}

/**
 * Where height and width stand in the layer's own pictures, by rank: tensors without names are laid out alike.
 * @param {Header["tensors"]} tensors @param {string[]} words
 */
function picturesOf({ axes }, words) {
  /** @type {Map<number, string[]>} */
  const found = new Map()
  for (const names of axes.map((numbers) => numbers.map((axis) => words[axis]))) {
    if (names.includes("height") && names.includes("width") && !found.has(names.length)) found.set(names.length, names)
  }
  return found
}

/**
 * The names by which the two axes to show are chosen; nothing is called by them.
 * @param {string[]} names @param {Map<number, string[]>} pictures
 */
function planeOf(names, pictures) {
  const like = pictures.get(names.length)
  return like && names.slice(1).every((name) => !name) ? like : names
}
