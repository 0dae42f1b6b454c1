// What one step did: its expression, what it was given, an arrow, what it gave.

import { element, find, focusedNear, kept, reconcile, setText } from "../core/dom.js"
import { turns } from "./navigate.js"
import { partFor, partsOf } from "./parts.js"
import { turnChooser } from "./path.js"
import { expressionText, statementText } from "./segments.js"
import { PartCard } from "./slot.js"
import { tokens } from "./tokens.js"

/**
 * @import { CardState, Words } from "../types.js" @import { Range } from "./code.js" @import { Model, Step } from "./message.js"
 * @typedef {{number: number, title: string, place: Range|null|undefined}} Shown a tensor, what it is called, what made it
 * @typedef {ReturnType<StepPane["expression"]>} Expression
 */

const GAP = 12
const MOST = 8
const LONGEST_TITLE = 34
const SIDE_BY_SIDE = 700

export class StepPane {
  /** @param {import("./xray.js").XRay} xray */
  constructor(xray) {
    this.xray = xray
    /** @type {Model|null} */
    this.model = null
    /** @type {Step|null} */
    this.step = null
    this.dark = false
    this.width = 0
    /** @type {PartCard[]} */
    this.from = []
    /** @type {PartCard[]} */
    this.to = []
    /** @type {PartCard[]} */
    this.shown = []
    /** @type {Map<string, CardState>} */
    this.states = new Map()
    /** @type {Map<string, PartCard>} */
    this.slots = new Map()
    this.head = element("div", { class: "expression" })
    this.turn = element("div", { class: "times-chooser" })
    this.operands = element("div", { class: "operands" })
    this.arrow = element("div", { class: "arrow" })
    this.results = element("div", { class: "results" })
    this.empty = element("p", { class: "nothing", hidden: true })
    this.flow = element("div", { class: "flow" }, this.operands, this.arrow, this.results)
    this.told = element("div", { class: "notes" })
    this.live = element("p", { class: "hidden", role: "status" })
    this.root = element(
      "div",
      { class: "step" },
      element("div", { class: "head" }, this.head, this.turn),
      this.flow,
      this.empty,
      this.told,
      this.live,
    )
  }

  /** Another run: pictures keep their zoom, as far as their tensors have the same shape. */
  forget() {
    this.model = null
  }

  update() {
    const { xray } = this
    const { model, current, words, theme } = xray
    this.empty.hidden = Boolean(current)
    this.flow.hidden = this.head.hidden = !current
    this.told.replaceChildren(...(model.options.notes ?? []).map((note) => element("p", {}, note)))
    if (!current) return setText(this.empty, words("xray.no_steps"))
    const fresh = this.model !== model || this.step !== current || this.dark !== theme.dark
    Object.assign(this, { model, step: current, dark: theme.dark })
    if (fresh) this.describe(current)
    this.arrange()
    for (const slot of this.shown) slot.paint()
  }

  /** Whether a tensor is among what is shown. @param {string} id */
  shows(id) {
    return this.shown.some((slot) => slot.drawn && slot.card.tensor.id === id)
  }

  trailChanged() {
    for (const slot of this.shown) slot.trailChanged()
  }

  /** @param {Step} step */
  describe(step) {
    const { xray } = this
    const { words, model } = xray
    const parts = this.expression(step)
    const wanted = step.operands.flatMap((operand, at) => {
      const part = partFor(parts.found, step.operands, at)
      const text = part && parts.text.slice(part.start, part.end)
      const short = text && text.length <= LONGEST_TITLE && !text.includes("\n") ? text : ""
      const place = part && parts.range && { start: parts.offset(part.start), end: parts.offset(part.end) }
      return operand.tensors.map((number, which) => ({
        number,
        place,
        title: short && operand.tensors.length > 1 ? `${short}[${which}]` : short,
      }))
    })
    const title = model.sites[step.site].target || this.untitled(step, parts.text)
    const given = step.values.map((number, at) => ({
      number,
      title: step.values.length > 1 ? `${title}[${at}]` : title,
      place: parts.range,
    }))
    this.from = wanted.slice(0, MOST).map((one, at) => this.slot(`from-${at}`, one, "operand"))
    this.to = given.slice(0, MOST).map((one, at) => this.slot(`to-${at}`, one, "result"))
    this.shown = [...this.from, ...this.to]
    reconcile(this.operands, [...this.from.map(({ root }) => root), ...more(wanted.length, words)])
    reconcile(this.results, [...this.to.map(({ root }) => root), ...more(given.length, words)])
    if (step.error)
      this.results.append(
        element("p", { class: "failed", role: "alert" }, element("b", {}, words("xray.failed")), " ", step.error),
      )
    else if (!given.length) this.results.append(element("p", { class: "nothing" }, words("xray.no_value")))
    this.describeArrow(step, wanted, given, parts)
    this.describeTurn()
    const place = words("xray.place", { number: xray.position.step + 1, count: xray.frame.steps.length })
    setText(this.live, `${place}: ${parts.text.split("\n")[0].slice(0, 120)}`)
  }

  /** What to call a value that gets no name. @param {Step} step @param {string} text */
  untitled(step, text) {
    const { words, frame } = this.xray
    if (step === frame.steps.at(-1)) return words("xray.returned")
    return text.length <= LONGEST_TITLE && !text.includes("\n") ? text : lastPart(step.operation)
  }

  /** The step's expression in the colours of the code, and where its operands stand in it. @param {Step} step */
  expression(step) {
    const { xray } = this
    const { frame, model } = xray
    const range = xray.layout().ranges.get(step.site)
    const text = range ? expressionText(frame.source, range) : step.operation
    const { target } = model.sites[step.site]
    const named = Boolean(target) && text === target // only the name was recorded: the source tells what set it
    const nodes = coloured(oneLine(named && range ? statementText(frame.source, range) : text))
    this.head.replaceChildren(...(target && !named ? [element("b", {}, target), " = "] : []), ...nodes)
    const lines = range ? frame.source.slice(range.start, range.end).split("\n") : []
    const cuts = text.split("\n").map((line, at) => (lines[at] ? lines[at].length - line.length : 0))
    const offset = (/** @type {number} */ at) => {
      // lines after the first were moved to the left
      let [before, line] = [0, 0]
      for (let end = text.indexOf("\n"); end >= 0 && end < at; end = text.indexOf("\n", end + 1)) before += cuts[++line]
      return (range?.start ?? 0) + at + before
    }
    return { text, range, offset, found: step.operation && range ? partsOf(text, step.operation, tokens) : [] }
  }

  /** @param {string} key @param {Shown} shown @param {"operand"|"result"} kind */
  slot(key, { number, title, place }, kind) {
    const slot = kept(this.slots, key, () => new PartCard(this.xray, kind))
    slot.update(number, title, place, this.states)
    return slot
  }

  /** @param {Step} step @param {Shown[]} wanted @param {Shown[]} given @param {Expression} parts */
  describeArrow(step, wanted, given, parts) {
    const { words, model } = this.xray
    const chosen = step.operation === "[]" && parts.found.length ? parts.text.slice(parts.found[0].end) : "" // a subscript
    const operation = chosen || lastPart(step.operation)
    const same =
      given.length === 1
      && wanted.some(({ number }) => number >= 0 && model.known(number).array === model.known(given[0].number).array)
    const target = model.sites[step.site].target
    const label = operation || (target ? words("xray.assigned", { name: target }) : "=")
    const plain = step.operands.filter(({ tensors, text }) => !tensors.length && text && !chosen)
    this.arrow.replaceChildren(
      element("span", { class: "operation", title: step.operation || null }, label),
      ...plain.map(({ name, text }) =>
        element("span", { class: "plain", title: words("xray.plain") }, name ? `${name} = ${text}` : text),
      ),
      ...(same ? [element("span", { class: "same" }, words("xray.same"))] : []),
      ...(step.ops.length
        ? [
            element(
              "span",
              { class: "ran", title: words("xray.ran.help") },
              words("xray.ran", { names: counted(step.ops) }),
            ),
          ]
        : []),
      element("i", { "aria-hidden": "true" }),
    )
    this.operands.hidden = !wanted.length
  }

  describeTurn() {
    const { xray } = this
    const all = turns(xray.model, xray.position)
    this.turn.hidden = all.length < 2
    if (all.length < 2) return this.turn.replaceChildren()
    const { words } = xray
    const focused = focusedNear(xray.root)
    const active = this.turn.contains(focused) ? focused?.dataset.part : ""
    const to = (/** @type {number} */ at) => () => xray.goTo({ frame: xray.position.frame, step: all[at] })
    const at = all.indexOf(xray.position.step)
    this.turn.replaceChildren(
      turnChooser(at, all.length, words("xray.turn.previous"), words("xray.turn.next"), to, "turn"),
    )
    this.turn.title = words("xray.turn", { number: at + 1, count: all.length })
    if (active) (find(this.turn, `[data-part="${active}"]:not(:disabled)`) ?? xray.root).focus({ preventScroll: true })
  }

  /** Operands beside each other, the result below them; in a wide pane all in one row. */
  arrange() {
    const { width } = this
    const wide = width >= SIDE_BY_SIDE
    this.flow.classList.toggle("wide", wide)
    const count = this.from.length
    const narrowest = 168
    const room = wide && count ? Math.floor((width - 132) * (count > 1 ? 0.56 : 0.48)) : width
    const across = Math.max(1, Math.min(count, Math.floor((room + GAP) / (narrowest + GAP)), wide ? 2 : 3))
    const share = (room - (across - 1) * GAP) / across
    for (let row = 0; row < count; row += across) this.arrangeRow(this.from.slice(row, row + across), share, room)
    const rest = wide && count ? width - 132 - room : width
    for (const slot of this.to)
      slot.arrange(Math.floor(this.to.length > 1 && rest >= 2 * narrowest + GAP ? (rest - GAP) / 2 : rest))
  }

  /**
   * A small tensor leaves room to its neighbour.
   * @param {PartCard[]} slots @param {number} share @param {number} room
   */
  arrangeRow(slots, share, room) {
    const wanted = slots.map(({ wantedWidth }) => Math.max(168, wantedWidth))
    const small = wanted.filter((width) => width < share)
    const large = slots.length - small.length
    const left = room - small.reduce((sum, width) => sum + width, 0) - (slots.length - 1) * GAP
    for (const [at, slot] of slots.entries()) slot.arrange(Math.floor(wanted[at] < share ? wanted[at] : left / large))
  }

  /** @param {number} array */
  light(array) {
    for (const slot of this.shown) slot.root.classList.toggle("lit", array >= 0 && slot.array === array)
  }
}

/** An expression over several lines as one, unless a comment stands in it. @param {string} text */
function oneLine(text) {
  return text.includes("#")
    ? text
    : text
        .replace(/\s*\n\s*/g, " ")
        .replace(/([([{]) /g, "$1")
        .replace(/,? ([)\]}])/g, "$1")
}

/** "add" of "keras.ops.add" @param {string} operation */
function lastPart(operation) {
  return operation.slice(operation.lastIndexOf(".") + 1)
}

/** @param {string} text */
function coloured(text) {
  /** @type {(string|HTMLElement)[]} */
  const nodes = []
  let at = 0
  for (const { start, end, kind } of tokens(text)) {
    nodes.push(text.slice(at, start), element("span", { class: kind }, text.slice(start, end)))
    at = end
  }
  return [...nodes, text.slice(at)]
}

/** @param {number} count @param {Words} words */
function more(count, words) {
  return count > MOST ? [element("p", { class: "nothing" }, words("xray.more", { count: count - MOST }))] : []
}

/** "MatMul, Add × 3": in the order in which they first ran. @param {string[]} names */
function counted(names) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => (count > 1 ? `${name} × ${count}` : name)).join(", ")
}
