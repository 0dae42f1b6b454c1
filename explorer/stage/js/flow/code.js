// The docked source: the lines around the one that is running, with the expression that it is at, and beside each line the
// shape of what it made.

import { element } from "../core/dom.js"
import { shapeText } from "../core/format.js"
import { bus } from "../trail/bus.js"
import { lineStarts, rangeOf, tokens } from "./tokens.js"

/** @import { Model } from "./message.js" @import { Operation } from "./graph.js" @import { Words } from "../types.js" */

/** Pixels above the lower edge in which lines fade. */
const EDGE = 12

export class Code {
  /** @param {Words} words @param {(at: string) => void} visit a place of the link */
  constructor(words, visit) {
    this.words = words
    this.visit = visit
    this.where = element("p", { class: "where" })
    this.lines = element("pre", { class: "lines", tabindex: 0 })
    this.failed = element("p", { class: "failed", role: "alert", hidden: true })
    this.root = element("section", { class: "code" }, this.where, this.failed, this.lines)
    /** @type {Model|null} */
    this.model = null
    this.shown = ""
  }

  /** @param {Model} model */
  take(model) {
    this.model = model
    this.shown = ""
    this.root.setAttribute("aria-label", this.words("flow.source"))
  }

  /** Write the lines anew at the next update: their height has changed. */
  again() {
    this.shown = ""
  }

  /** @param {Operation|null} operation what is running; null: none is @param {string} turn as it is called @param {boolean} over whether all have run */
  update(operation, turn, over) {
    const { model } = this
    if (!model) return
    const place = operation ? operation.place : (this.failure(model) ?? (over ? ended(model) : null))
    const error = place ? model.frames[place.frame].steps[place.step].error : ""
    this.failed.hidden = !error
    this.failed.textContent = error && `${this.words("flow.failed")} ${error}`
    const number = place?.frame ?? model.roots[0]
    const shown = `${number} ${place?.step ?? ""} ${turn}`
    if (shown === this.shown) return
    this.shown = shown
    const frame = number === undefined ? null : model.frames[number]
    this.root.classList.toggle("empty", !frame?.source)
    this.where.textContent = frame ? [frame.name, turn].filter(Boolean).join(" · ") : ""
    if (!frame?.source) {
      bus.pass(null)
      return this.lines.replaceChildren(this.words("flow.no_source"))
    }
    const site = place ? model.sites[frame.steps[place.step].site] : null
    const text = site ? frame.source.split("\n")[site.line - 1] : ""
    bus.pass(site && { line: frame.firstLine + site.line - 1, text })
    this.write(frame, site)
  }

  /** The place at which the call failed. @param {Model} model */
  failure({ frames, roots, options }) {
    const [path, step] = (options.failed ?? "").split(":")
    if (!step) return null
    const [root, ...children] = path.split(".").map(Number)
    const frame = children.reduce((number, child) => frames[number].children[child], roots[root])
    return { frame, step: Number(step) }
  }

  /** The last thing that each line of a frame made: its shape, and where the cursor goes for it. @param {import("./message.js").Frame} frame */
  made({ number, steps }) {
    const model = /** @type {Model} */ (this.model)
    const path = pathOf(model, number)
    /** @type {Map<number, {text: string, at: string}>} */
    const made = new Map()
    steps.forEach(({ site, values }, step) => {
      if (!values.length) return
      const shapes = values.map((value) => shapeText(model.known(value).shape, []) || this.words("scalar"))
      made.set(model.sites[site].endLine, { text: shapes.join(", "), at: `${path}:${step}` })
    })
    return made
  }

  /** @param {import("./message.js").Frame} frame @param {import("./message.js").Site|null} site */
  write(frame, site) {
    const { source } = frame
    const made = this.made(frame)
    const starts = lineStarts(source)
    const mark = site ? rangeOf(site, source, starts) : { start: -1, end: -1 }
    const found = tokens(source)
    const indent = indentOf(source)
    const rows = starts.map((start, at) => {
      const end = starts[at + 1] === undefined ? source.length : starts[at + 1] - 1
      const here = site !== null && at + 1 >= site.line && at + 1 <= site.endLine
      const pieces = piecesOf(source, Math.min(end, start + indent), end, found, mark)
      const result = made.get(at + 1)
      const shape =
        result
        && element(
          "button",
          { type: "button", class: "made", tabindex: -1, onclick: () => this.visit(result.at) },
          result.text,
        )
      const deep = source.slice(start, end).search(/\S|$/) - indent
      return element(
        "span",
        { class: here ? "source-line now" : "source-line", style: `--deep:${Math.max(0, deep)}ch` },
        ...(pieces.length ? pieces : [" "]),
        ...(shape ? [shape] : []),
      )
    })
    this.lines.replaceChildren(...rows)
    const now = /** @type {HTMLElement|null} */ (this.lines.querySelector(".now"))
    const last = rows[rows.length - 1]
    const line = Number.parseFloat(getComputedStyle(this.lines).lineHeight) || 1
    const most = last.offsetTop + last.offsetHeight - this.lines.clientHeight + EDGE
    const wish = now ? now.offsetTop - this.lines.clientHeight / 2 + now.offsetHeight / 2 : 0
    const from = Math.min(wish, most, now?.offsetTop ?? 0)
    this.lines.scrollTop = Math.ceil(Math.max(0, from - 1) / line) * line // no line is cut at the top
  }
}

/** The last step of the first frame that made something: there the call ended. @param {Model} model */
function ended({ frames, roots }) {
  const frame = roots[0]
  const step = frames[frame]?.steps.findLastIndex(({ values }) => values.length) ?? -1
  return step < 0 ? null : { frame, step }
}

/** A frame's place in the link: "0.2". @param {Model} model @param {number} number @returns {string} */
function pathOf({ frames }, number) {
  const { parent, position } = frames[number]
  return parent < 0 ? String(position) : `${pathOf(/** @type {Model} */ ({ frames }), parent)}.${position}`
}

/** How far all lines are indented. @param {string} source */
function indentOf(source) {
  const lines = source.split("\n").filter((line) => line.trim())
  return Math.min(...lines.map((line) => line.length - line.trimStart().length))
}

/**
 * One line as coloured pieces, with the expression that is marked.
 * @param {string} source @param {number} start @param {number} end
 * @param {ReturnType<typeof tokens>} found @param {{start: number, end: number}} mark
 */
function piecesOf(source, start, end, found, mark) {
  const within = found.filter((token) => token.end > start && token.start < end)
  const text = start + Math.max(0, source.slice(start, end).search(/\S/))
  const cuts = new Set([start, text, end, ...within.flatMap((token) => [token.start, token.end]), mark.start, mark.end])
  const places = [...cuts].filter((place) => place >= start && place <= end).sort((a, b) => a - b)
  return places.slice(0, -1).map((place, at) => {
    const token = within.find((one) => one.start <= place && one.end > place)
    const indented = place === start && !source.slice(place, places[at + 1]).trim()
    const marked = place >= mark.start && place < mark.end && !indented
    const names = [token && token.kind !== "name" ? token.kind : "", marked ? "marked" : ""].filter(Boolean)
    return element("span", { class: names.length ? names.join(" ") : null }, source.slice(place, places[at + 1]))
  })
}
