// What a normalisation is: which cells share a centre and a measure, and which weights come after. Nothing here draws.

import { kept } from "../core/dom.js"
import { axesIn, coarsest, givenTo, groupsAlong, isClose, spreadOf } from "./groups.js"
import { flat, labelOf, unflat } from "./kinds.js"

/**
 * @import { Graph, Operation, Value } from "./graph.js" @import { Groups } from "./groups.js"
 *
 * @typedef {"batch"|"layer"|"group"|"rms"|"unit"} Way what is subtracted and by what is divided: mean and standard deviation
 *   of each group, recorded ones where they are, or only a root mean square, or a length
 *
 * @typedef {object} Normalisation
 * @property {Way} way @property {Value} x @property {Value} result @property {Operation[]} operations in order
 * @property {Value[]} hides what lies between @property {Groups} groups
 * @property {Value|null} mean @property {Value|null} variance where they are recorded @property {number} epsilon
 * @property {Value|null} gamma @property {Value|null} beta
 * @property {(cell: number) => number} place of a cell among those of gamma and beta
 *
 * @typedef {{centre: number, measure: number}} Moments what is subtracted, and what is divided by, epsilon aside
 */

/** So many cells, and groups of so many cells at most, are computed anew before a figure draws them. */
const PROBES = 256
const MOST_CELLS = 65536

/** @type {WeakMap<Graph, Normalisation[]>} */
const known = new WeakMap()

/** The normalisations of a flow that compute what was recorded. @param {Graph} graph @returns {Normalisation[]} */
export function normalisationsOf(graph) {
  let found = known.get(graph)
  if (!found) {
    found = graph.operations.flatMap((operation) => read(operation) ?? []).filter(isRecorded)
    known.set(graph, found)
  }
  return found
}

/** @param {Operation} operation @returns {Normalisation|null} */
function read(operation) {
  const { kind } = operation
  if (kind === "batch_normalization") return readBatch(operation)
  if (kind === "moments") return readGroup(operation)
  if (kind === "layer_normalization" || kind === "rms_normalization" || kind === "normalize")
    return readLayer(operation)
  return null
}

/** @param {Operation} operation @returns {Normalisation|null} */
function readBatch(operation) {
  const [x, mean, variance] = ["x", "mean", "variance"].map((name) => givenTo(operation, name))
  const [result] = operation.results
  const epsilon = Number(operation.attributes.epsilon)
  if (!x || !mean || !variance || !result || !Number.isFinite(epsilon)) return null
  const shape = sharedShape(x, result)
  const [axis, ...rest] = (shape && axesIn(operation.attributes.axis, shape.length)) ?? []
  if (!shape || axis === undefined || rest.length) return null
  const groups = groupsAlong(
    shape,
    shape.map((_, at) => at).filter((at) => at !== axis),
  )
  const moments = momentsBefore(operation, x, mean, variance)
  const [gamma, beta] = [givenTo(operation, "scale"), givenTo(operation, "offset")]
  return {
    ...{ way: "batch", x, result, groups, mean, variance, epsilon, gamma, beta, place: groups.of },
    operations: moments ? [moments, operation] : [operation],
    hides: moments ? [mean, variance] : [],
  }
}

/** The operation that made mean and variance of the same input, for this use alone. @param {Operation} operation @param {Value} x @param {Value} mean @param {Value} variance */
function momentsBefore(operation, x, mean, variance) {
  const { maker } = mean
  if (maker?.kind !== "moments" || variance.maker !== maker || givenTo(maker, "x") !== x) return null
  return [mean, variance].every(({ uses, role }) => !role && uses.every((use) => use === operation)) ? maker : null
}

/** @param {Operation} operation @returns {Normalisation|null} */
function readLayer(operation) {
  const { kind, attributes } = operation
  const x = givenTo(operation, "x")
  const [result] = operation.results
  const epsilon = Number(attributes.epsilon)
  const shape = x && result && sharedShape(x, result)
  const axes = shape && axesIn(attributes.axis ?? "-1", shape.length)
  if (!x || !shape || !axes?.length || !Number.isFinite(epsilon)) return null
  if (attributes.rms_scaling && attributes.rms_scaling !== "False") return null
  if (kind === "normalize" && (attributes.order ?? "2") !== "2") return null
  const groups = groupsAlong(shape, axes)
  const way = kind === "layer_normalization" ? "layer" : kind === "normalize" ? "unit" : "rms"
  return {
    ...{ way, x, result, operations: [operation], hides: [], groups, mean: null, variance: null, epsilon },
    gamma: givenTo(operation, way === "rms" ? "scale" : "gamma"),
    beta: givenTo(operation, "beta"),
    place: groups.within,
  }
}

/**
 * Moments, and what is computed of them line by line: x · inv + (beta − mean · inv), with inv = gamma / √(variance + epsilon).
 * Reshapes before and after belong to it.
 * @param {Operation} moments @returns {Normalisation|null}
 */
function readGroup(moments) {
  const [mean, variance] = moments.results
  const inner = givenTo(moments, "x")
  const added = sole(variance, "+")
  const inverse = sole(added?.results[0], "rsqrt")
  const negative = sole(mean, "neg")
  const epsilon = Number(added?.attributes["1"])
  if (!inner || !added || !inverse || !negative || !(epsilon >= 0)) return null
  const operations = [moments, added, inverse, negative]
  const scaled = scaledBy(inverse.results[0], negative.results[0], inner)
  const inv = scaled ? scaled.results[0] : inverse.results[0]
  const centred = inv.uses.find((use) => use.kind === "*" && use.operands.includes(negative.results[0]))
  const product = inv.uses.find((use) => use.kind === "*" && use.operands.includes(inner))
  if (!centred || !product) return null
  const last = sole(product.results[0], "+")
  const shift = last?.operands.find((one) => one !== product.results[0])
  const shifted = shift?.maker && shift.maker !== centred ? shift.maker : null
  if (!last || !shift || (shifted ? !shifted.operands.includes(centred.results[0]) : shift !== centred.results[0]))
    return null
  operations.push(...[scaled, centred, product, last, shifted].filter((one) => one !== null))
  const other = (/** @type {Operation|null} */ operation, /** @type {Value} */ value) =>
    operation?.operands.find((one) => one !== value) ?? null
  const weights = [other(scaled, inverse.results[0]), other(shifted, centred.results[0])]
  const [gamma, beta] = weights.map((value) => beforeReshape(value, operations))
  return closeGroup({ moments, inner, mean, variance, epsilon, last, operations, gamma, beta, broad: weights })
}

/**
 * @param {{moments: Operation, inner: Value, mean: Value, variance: Value, epsilon: number, last: Operation,
 *   operations: Operation[], gamma: Value|null, beta: Value|null, broad: (Value|null)[]}} found
 * @returns {Normalisation|null}
 */
function closeGroup({ moments, inner, mean, variance, epsilon, last, operations, gamma, beta, broad }) {
  const shape = inner.shapes.find(({ length }) => length === variance.shapes[0].length) ?? inner.shape
  const axes = axesIn(moments.attributes.axes, shape.length)
  const slim = broad.find((one) => one)?.shapes.find(({ length }) => length === shape.length)
  if (!axes || (broad.some((one) => one) && !slim)) return null
  if (broad.some((one) => one && !one.shapes.some((other) => other.join() === slim?.join()))) return null
  const x =
    inner.maker?.kind === "reshape" && inner.uses.every((use) => operations.includes(use))
      ? beforeReshape(inner, operations)
      : inner
  const after = sole(last.results[0], "reshape")
  if (after && !last.results[0].role) operations.push(after)
  const result = operations[operations.length - 1] === after && after ? after.results[0] : last.results[0]
  const own = new Set(operations)
  const inside = operations.flatMap(({ results }) => results).filter((value) => value !== result)
  if (!x || inside.some(({ uses, role }) => role || uses.some((use) => !own.has(use)))) return null
  return {
    ...{ way: "group", x, result, mean, variance, epsilon, gamma, beta, groups: groupsAlong(shape, axes) },
    operations: operations.toSorted((a, b) => a.order - b.order),
    hides: inside,
    place: (cell) => (slim ? spread(slim, unflat(shape, cell)) : 0),
  }
}

/** The only operation that uses a value, if it is of that kind. @param {Value|undefined} value @param {string} kind @returns {Operation|null} */
function sole(value, kind) {
  return value?.uses.length === 1 && value.uses[0].kind === kind ? value.uses[0] : null
}

/** The product with gamma, if there is one. @param {Value} inverse @param {Value} negative @param {Value} x @returns {Operation|null} */
function scaledBy(inverse, negative, x) {
  const [use, ...more] = inverse.uses
  const own = use?.kind === "*" && !more.length && !use.operands.includes(negative) && !use.operands.includes(x)
  return own ? use : null
}

/** What was given to the reshape that made a value; that reshape joins the operations. @param {Value|null} value @param {Operation[]} operations @returns {Value|null} */
function beforeReshape(value, operations) {
  const maker = value?.maker
  if (maker?.kind !== "reshape" || maker.operands.length !== 1) return value
  operations.push(maker)
  return maker.operands[0]
}

/** The cell of a tensor that is repeated along axes of one place. @param {number[]} shape @param {number[]} index */
function spread(shape, index) {
  return flat(
    shape,
    shape.map((length, axis) => (length === 1 ? 0 : index[axis])),
  )
}

/** A shape in which two tensors were both recorded. @param {Value} one @param {Value} other @returns {number[]|null} */
function sharedShape(one, other) {
  const told = new Set(other.shapes.map((shape) => shape.join()))
  return one.shapes.find((shape) => told.has(shape.join())) ?? null
}

// -- numbers

/** What a group is measured by: recorded, or computed of its recorded cells. @param {Normalisation} normalisation @param {number} group @returns {Moments} */
export function momentsOf({ way, x, mean, variance, groups }, group) {
  if (mean && variance)
    return { centre: Number(mean.cells?.[group]), measure: Math.sqrt(Number(variance.cells?.[group])) }
  return measure(
    way,
    groups.cells(group).map((cell) => Number(x.cells?.[cell])),
  )
}

/** What a group's results are measured by, in the same way. @param {Normalisation} normalisation @param {number} group @returns {Moments} */
export function measured({ way, result, groups }, group) {
  return measure(
    way,
    groups.cells(group).map((cell) => Number(result.cells?.[cell])),
  )
}

/** @param {Way} way @param {number[]} numbers @returns {Moments} */
function measure(way, numbers) {
  if (way === "unit" || way === "rms") {
    const squares = numbers.reduce((sum, one) => sum + one * one, 0)
    return { centre: 0, measure: Math.sqrt(way === "unit" ? squares : squares / numbers.length) }
  }
  const { mean, deviation } = spreadOf(numbers)
  return { centre: mean, measure: deviation }
}

/** What a cell becomes. @param {Normalisation} normalisation @param {number} cell @param {Moments} moments of its group */
function becomes({ way, x, epsilon, gamma, beta, place }, cell, { centre, measure }) {
  const divisor = way === "unit" ? Math.max(measure, epsilon) : Math.sqrt(measure ** 2 + epsilon)
  const scale = gamma ? Number(gamma.cells?.[place(cell)]) : 1
  return ((Number(x.cells?.[cell]) - centre) / divisor) * scale + (beta ? Number(beta.cells?.[place(cell)]) : 0)
}

/** Whether what was recorded is what the arithmetic here makes of the operands. @param {Normalisation} normalisation */
function isRecorded(normalisation) {
  const { x, result, mean, variance, gamma, beta, groups, operations } = normalisation
  const { cells } = result
  const count = groups.count * groups.length
  if (!count || count > MOST_CELLS || cells?.length !== count || x.cells?.length !== count) return false
  const lengths = [mean, variance].every((value) => !value || value.cells?.length === groups.count)
  if (!lengths || [gamma, beta].some((value) => value && !value.cells)) return false
  if (operations.some(({ turns }) => turns.length)) return false
  const dtype = coarsest([x, result])
  const step = Math.max(1, Math.floor(count / PROBES) - 1)
  /** @type {Map<number, Moments>} */
  const moments = new Map()
  for (let cell = 0; cell < count; cell += step) {
    const group = groups.of(cell)
    const own = kept(moments, group, () => momentsOf(normalisation, group))
    const expected = becomes(normalisation, cell, own)
    const shift = beta ? Math.abs(Number(beta.cells?.[normalisation.place(cell)])) : 0
    if (!isClose(cells[cell], expected, 10 * Math.abs(expected) + 10 * shift + 1, dtype)) return false
  }
  return true
}

/** What gamma and beta are called, as far as there are any. @param {Normalisation} normalisation */
export function weightNames({ gamma, beta }) {
  return { gamma: gamma ? lastName(labelOf(gamma)) : "", beta: beta ? lastName(labelOf(beta)) : "" }
}

/** @param {string} name */
function lastName(name) {
  return name.slice(name.lastIndexOf("/") + 1)
}
