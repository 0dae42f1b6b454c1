// Where the reader stands in the tree of calls, and where a move leads. Nothing here draws.

/**
 * @import { Model, Site } from "./message.js" @typedef {{frame: number, step: number}} Position
 * @typedef {"first"|"previous"|"next"|"last"} Move
 */

/** The step during which a child was opened. @param {Model} model @param {number} child */
export function openedAt({ frames }, child) {
  const parent = frames[frames[child].parent]
  return parent ? Math.max(0, Math.min(frames[child].from, parent.steps.length - 1)) : 0
}

/** The calls inside a step. @param {Model} model @param {Position} position @returns {number[]} */
export function callsAt(model, { frame, step }) {
  return model.frames[frame].children.filter((child) => openedAt(model, child) === step)
}

/**
 * The call that a step most likely got its value from: the last one that made any.
 * @param {Model} model @param {Position} position @returns {number} -1 without one
 */
export function into(model, position) {
  const calls = callsAt(model, position)
  return (
    calls.findLast((child) => model.frames[child].steps.length || model.frames[child].children.length)
    ?? calls.at(-1)
    ?? -1
  )
}

/**
 * The step of the parent during which this frame was called.
 * @param {Model} model @param {Position} position @returns {Position|null}
 */
export function out(model, { frame }) {
  const { parent } = model.frames[frame]
  return parent < 0 ? null : { frame: parent, step: openedAt(model, frame) }
}

/**
 * Every step of the tree in the order in which it gave its value: calls first, then the step that they are part of.
 * @param {Model} model
 */
export function order(model) {
  /** @type {Position[]} */
  const positions = []
  const walk = (/** @type {number} */ number) => {
    const { steps, children } = model.frames[number]
    let next = 0
    for (let step = 0; step < Math.max(steps.length, 1); step++) {
      for (; next < children.length && openedAt(model, children[next]) <= step; next++) walk(children[next])
      if (steps.length) positions.push({ frame: number, step })
    }
  }
  for (const root of model.roots) walk(root)
  return positions
}

/**
 * @param {Model} model @param {Position} position @param {Move} move
 * @param {Position[]|null} path every step in order, to go into calls; null to stay in the frame
 * @returns {Position|null} null where there is nothing
 */
export function go(model, position, move, path) {
  const steps = path ?? model.frames[position.frame].steps.map((_, step) => ({ frame: position.frame, step }))
  const here = steps.findIndex(({ frame, step }) => frame === position.frame && step === position.step)
  const at = { first: 0, previous: here - 1, next: here + 1, last: steps.length - 1 }[move]
  return at === here ? null : (steps[at] ?? null)
}

/**
 * The steps of a frame at the same place in its source, in order.
 * @param {Model} model @param {Position} position @returns {number[]}
 */
export function turns(model, { frame, step }) {
  const { steps } = model.frames[frame]
  return steps.flatMap(({ site }, at) => (site === steps[step]?.site ? [at] : []))
}

/** Calls of the same code by the same caller. @param {Model} model @param {number} frame @returns {number[]} */
export function likeCalls(model, frame) {
  const { parent, place } = model.frames[frame]
  const siblings = parent < 0 ? model.roots : model.frames[parent].children
  return siblings.filter((other) => model.frames[other].place === place)
}

/**
 * Of the steps at a place the one nearest to where the reader stands: the current or a later one before an earlier one.
 * @param {Model} model @param {Position} position @param {number} site
 */
export function nearest(model, { frame, step }, site) {
  const found = model.frames[frame].steps.flatMap((one, at) => (one.site === site ? [at] : []))
  return found.find((at) => at >= step) ?? found.at(-1) ?? -1
}

/**
 * The step that a click on a line leads to: the last value that the line gave, or the one that it is part of.
 * @param {Model} model @param {Position} position @param {number} line
 */
export function onLine(model, position, line) {
  const { steps } = model.frames[position.frame]
  const covering = (/** @type {(site: Site) => boolean} */ test) =>
    [...new Set(steps.map(({ site }) => site))].filter((site) => test(model.sites[site]))
  let sites = covering((site) => site.line === line)
  if (!sites.length) sites = covering((site) => site.line < line && site.endLine >= line)
  return sites.reduce((best, site) => Math.max(best, nearest(model, position, site)), -1)
}

/** The frames from the outermost to this one. @param {Model} model @param {number} frame @returns {number[]} */
export function pathTo(model, frame) {
  const path = []
  for (let at = frame; at >= 0; at = model.frames[at].parent) path.unshift(at)
  return path
}

/** "0.2:5" @param {Model} model @param {Position} position */
export function placeOf(model, { frame, step }) {
  return `${pathTo(model, frame)
    .map((number) => model.frames[number].position)
    .join(".")}:${step}`
}

/** @param {Model} model @param {string} place @returns {Position|null} null where there is no such place */
export function positionAt(model, place) {
  const match = /^(\d+(?:\.\d+)*):(\d+)$/.exec(place)
  if (!match) return null
  let [frame, among] = [-1, model.roots]
  for (const part of match[1].split(".").map(Number)) {
    frame = among[part] ?? -1
    if (frame < 0) return null
    among = model.frames[frame].children
  }
  const { steps } = model.frames[frame]
  const step = Number(match[2])
  return step < Math.max(steps.length, 1) ? { frame, step } : null
}

/** Where to begin: a call that only hands on to another one is passed over. @param {Model} model @returns {Position} */
export function start(model) {
  let frame = model.roots[0] ?? -1
  while (frame >= 0) {
    const { steps, children } = model.frames[frame]
    const largest = [...children].sort((a, b) => model.frames[b].steps.length - model.frames[a].steps.length)[0]
    if (steps.length > 1 || largest === undefined || model.frames[largest].steps.length < 2) break
    frame = largest
  }
  return { frame, step: 0 }
}

/**
 * The same place in another run, or the nearest that there is.
 * @param {Model} before @param {Model} after @param {Position} position
 */
export function resume(before, after, position) {
  const names = pathTo(before, position.frame).map((number) => before.frames[number])
  let [frame, among] = [-1, after.roots]
  for (const { name, position: at } of names) {
    const next = after.frames[among[at]]
    if (next?.name !== name) break
    frame = next.number
    among = next.children
  }
  if (frame < 0) return start(after)
  const whole = pathTo(after, frame).length === names.length
  const last = Math.max(0, after.frames[frame].steps.length - 1)
  return { frame, step: whole ? Math.min(position.step, last) : 0 }
}
