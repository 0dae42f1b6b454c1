// The message -> the flow of a call: tensors, and the operations that make them. Nothing here draws.

/**
 * @import { Model } from "./message.js"
 *
 * @typedef {object} Value one tensor, under all its names
 * @property {number} number its place in `Graph.values` @property {string[]} ids of the recorded tensors that it is
 * @property {number[][]} shapes theirs
 * @property {string} title what it is called, "" where nothing names it
 * @property {string} role "input", "mask", "weight", "output", or "" for what lies between
 * @property {number[]} shape the one with the fewest axes that it was given @property {string} dtype
 * @property {string[]} axes what the reader calls them @property {string[]} plain their own names, "" where they have none
 * @property {string} scale how it is coloured: "signed", "probability", "image", "category", "boolean", "text"
 * @property {ArrayLike<number>|null} cells every cell, row by row; null where not all of them came, or they are texts
 * @property {Operation|null} maker @property {Operation[]} uses in order
 * @property {{of: Value, axis: number, place: number}|null} slice what it was taken out of before the call began
 *
 * @typedef {object} Operation one operation that an output depends on
 * @property {number} order its place in `Graph.operations` @property {string} kind "matmul", "+", a layer's class
 * @property {string} text its source @property {string} at its place, as in the link: "0.2:5"
 * @property {{frame: number, step: number}|null} place the same in the message's frames
 * @property {string} target the name that it set, or ""
 * @property {Value[]} operands @property {Value[]} results
 * @property {Record<string, Value[]>} given its operands by the parameters that they fill
 * @property {Record<string, string>} attributes what else it was given, as Python writes it
 * @property {{loop: number, turn: number}[]} turns of loops in which it ran, the outermost first
 *
 * @typedef {object} Graph
 * @property {Value[]} values @property {Operation[]} operations in the order in which they ran
 * @property {number} trials how many more ran on which no output depends
 * @property {Value[]} inputs @property {Value[]} masks @property {Value[]} weights @property {Value[]} outputs
 *
 * @typedef {object} FlowHeader of `explorer.stage.flow_header.flow_header`
 * @property {{tensors: number[], names: string[], maker: number, slice: [number, number, number]|null}[]} values
 * @property {{at: string, kind: string, text: string, operands: number[], results: number[],
 *   given: Record<string, number[]>, attributes: Record<string, string>, turns: [number, number][], needed: boolean}[]} operations
 * @property {number[]} inputs @property {number[]} masks @property {number[]} weights @property {number[]} outputs
 */

/** Names that say nothing beside an input's own. */
const PLAIN_NAMES = new Set(["inputs", "input", "x", "outputs", "output"])

/** @param {Model} model @returns {Graph} */
export function graphOf(model) {
  const header = model.flow
  const values = header.values.map((value, number) => readValue(model, value, number))
  const pick = (/** @type {number[]} */ numbers) => numbers.map((number) => values[number])
  const places = placesOf(model)
  const needed = header.operations.filter((operation) => operation.needed)
  const operations = needed.map((told, order) => {
    const place = places.get(told.at) ?? null
    const step = place && model.frames[place.frame].steps[place.step]
    /** @type {Operation} */
    const operation = {
      order,
      kind: told.kind,
      text: told.text,
      at: told.at,
      place,
      target: step ? model.sites[step.site].target : "",
      operands: pick(told.operands),
      results: pick(told.results),
      given: Object.fromEntries(Object.entries(told.given).map(([name, numbers]) => [name, pick(numbers)])),
      attributes: told.attributes,
      turns: told.turns.map(([loop, turn]) => ({ loop, turn })),
    }
    for (const value of operation.results) value.maker = operation
    for (const value of new Set(operation.operands)) value.uses.push(operation)
    return operation
  })
  header.values.forEach(({ slice }, number) => {
    if (slice) values[number].slice = { of: values[slice[0]], axis: slice[1], place: slice[2] }
  })
  const graph = {
    values,
    operations,
    trials: header.operations.length - needed.length,
    inputs: pick(header.inputs),
    masks: pick(header.masks),
    weights: pick(header.weights),
    outputs: pick(header.outputs),
  }
  name(
    graph,
    header,
    (value, at) => model.known(/** @type {number} */ (header.values[value.number].tensors.at(at))).name,
  )
  return graph
}

/** @param {Model} model @param {FlowHeader["values"][number]} told @param {number} number @returns {Value} */
function readValue(model, { tensors }, number) {
  const slim = tensors.reduce((best, one) =>
    model.known(one).shape.length <= model.known(best).shape.length ? one : best,
  )
  const known = model.known(slim)
  /** @type {import("../core/unpack.js").Tensor|null|undefined} */
  let tensor
  const read = () => {
    if (tensor === undefined) tensor = model.tensor(slim)
    return tensor
  }
  return {
    number,
    ids: tensors.map((one) => model.known(one).id),
    shapes: tensors.map((one) => model.known(one).shape),
    title: "",
    role: "",
    shape: known.shape,
    dtype: known.dtype,
    get axes() {
      return read()?.axes ?? []
    },
    get plain() {
      return read()?.plain ?? []
    },
    get scale() {
      return read()?.scale ?? "signed"
    },
    get cells() {
      const whole = read()
      return whole?.whole && !whole.overview ? whole.numbers : null
    },
    maker: null,
    uses: [],
    slice: null,
  }
}

/** Every step's place, by its path: "0.1:3" is step 3 of frame 1 of frame 0. @param {Model} model */
function placesOf({ frames, roots }) {
  /** @type {Map<string, {frame: number, step: number}>} */
  const places = new Map()
  const walk = (/** @type {number} */ frame, /** @type {string} */ path) => {
    frames[frame].steps.forEach((_, step) => {
      places.set(`${path}:${step}`, { frame, step })
    })
    frames[frame].children.forEach((child, position) => {
      walk(child, `${path}.${position}`)
    })
  }
  roots.forEach((root, position) => {
    walk(root, String(position))
  })
  return places
}

/**
 * Give every value its role, and the name that tells it from the others: what two values of one turn are called names
 * the later one only.
 * @param {Graph} graph @param {FlowHeader} header
 * @param {(value: Value, at: number) => string} recorded what the trace calls the tensor that comes at a place of a value's
 */
function name({ values, inputs, masks, weights, outputs }, header, recorded) {
  /** @type {Map<string, number>} */
  const last = new Map()
  const turnOf = (/** @type {Value} */ value) =>
    value.maker?.turns.map(({ loop, turn }) => `${loop}.${turn}`).join() ?? ""
  header.values.forEach(({ names }, number) => {
    for (const one of names) last.set(`${turnOf(values[number])} ${one}`, number)
  })
  for (const value of values) {
    const { names } = header.values[value.number]
    value.title =
      names.find((one) => last.get(`${turnOf(value)} ${one}`) === value.number && !PLAIN_NAMES.has(one)) ?? ""
  }
  const roles = /** @type {const} */ ([
    ["output", outputs],
    ["mask", masks],
    ["weight", weights],
    ["input", inputs],
  ])
  for (const [role, members] of roles) {
    for (const value of members) value.role = role
  }
  for (const value of [...inputs, ...masks, ...weights]) value.title = recorded(value, 0)
  for (const value of outputs) if (value.role === "output") value.title = recorded(value, -1)
}
