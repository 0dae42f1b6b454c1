// The source of a call: coloured, every recorded expression to click, shapes where names are set.

import { element, find, setText } from "../core/dom.js"
import { nearest, onLine, turns } from "./navigate.js"

/**
 * @import { Frame, Model, Step } from "./message.js" @import { Layout, Segment } from "./segments.js"
 * @typedef {{start: number, end: number}} Range of a source
 */

export class CodePane {
  // @ts-expect-error: the first update() sets it, and nothing asks for it before
  /** @type {Frame} */ frame
  // @ts-expect-error: the same
  /** @type {Layout} */ layout

  /** @param {import("./xray.js").XRay} xray */
  constructor(xray) {
    this.xray = xray
    /** @type {Model|null} */
    this.model = null
    /** @type {HTMLElement[]} */
    this.lines = []
    /** @type {(Segment & {node: HTMLElement})[]} */
    this.segments = []
    /** @type {{node: HTMLElement, site: number, steps: number[]}[]} */
    this.tags = []
    this.broken = -1
    /** @type {Step|null} */
    this.shown = null
    this.followed = -1
    this.list = element("div", { class: "lines" })
    this.empty = element("p", { class: "nothing", hidden: true })
    this.keys = element("p", { class: "keys" })
    this.pane = element("div", { class: "code", tabindex: "0", role: "region" }, this.list, this.empty)
    this.root = element("div", { class: "side" }, this.pane, this.keys)
    this.list.addEventListener("click", (event) => this.click(event))
    this.list.addEventListener("pointerover", (event) => this.hover(event))
    this.list.addEventListener("pointerleave", () => xray.light(-1, -1))
  }

  update() {
    const { xray } = this
    const { frame, words, current, model } = xray
    this.pane.setAttribute("aria-label", words("xray.source", { name: frame.name }))
    setText(this.keys, words("xray.keys"))
    if (this.model !== model || this.frame !== frame) this.build()
    const range = current ? this.layout.ranges.get(current.site) : undefined
    for (const { node, start, end } of this.segments) {
      node.classList.toggle(
        "now",
        range !== undefined && start >= range.start && end <= range.end && node.textContent.trim() !== "",
      )
    }
    const site = current ? model.sites[current.site] : null
    this.lines.forEach((line, at) => {
      const number = at + 1
      line.classList.toggle("here", site !== null && number === site.line)
      line.classList.toggle("broken", this.broken >= 0 && number === model.sites[this.broken].line)
      line.classList.toggle("part", site !== null && number > site.line && number <= site.endLine)
      if (site && number === site.line) line.setAttribute("aria-current", "step")
      else line.removeAttribute("aria-current")
    })
    this.updateTags()
  }

  /** Scroll to the current line, where the reader has moved. */
  follow() {
    const { current, model, sequence } = this.xray
    if (!current || (this.shown === current && this.followed === sequence)) return
    const { line, endLine } = model.sites[current.site]
    this.reveal(line, endLine)
    this.shown = current
    this.followed = sequence
  }

  /** Lines of another call. A call of the same code differs only in its tags. */
  build() {
    const { xray } = this
    const { frame, model } = xray
    const same = this.model && this.frame?.source === frame.source && this.layout === xray.layout()
    this.model = model
    this.frame = frame
    this.broken = frame.steps.find(({ error }) => error)?.site ?? -1
    setText(
      this.empty,
      frame.source ? (frame.steps.length ? "" : xray.words("xray.no_steps")) : xray.words("xray.no_source"),
    )
    this.empty.hidden = !this.empty.textContent
    this.list.hidden = !frame.source
    if (!same) this.buildLines()
    this.buildTags()
  }

  buildLines() {
    this.layout = this.xray.layout()
    this.segments = []
    const width = String(this.frame.firstLine + this.layout.lines.length).length
    this.list.style.setProperty("--digits", String(width))
    this.lines = this.layout.lines.map((segments, at) => {
      const indent = /^\s*/.exec(segments[0]?.text ?? "")?.[0].length ?? 0 // drawn as a margin: no line breaks behind it
      const nodes = segments.slice(indent && !segments[0].text.trim() ? 1 : 0).map((segment) => {
        const node = element(
          "span",
          { class: segment.kind, "data-site": segment.site >= 0 ? segment.site : null },
          ...breakable(segment.text),
        )
        this.segments.push({ ...segment, node })
        return node
      })
      const code = element("code", {}, ...nodes)
      const tags = element("span", { class: "tags" })
      return element(
        "div",
        { class: "line", "data-line": at + 1 },
        element("span", { class: "at" }, String(this.frame.firstLine + at)),
        element("span", { class: "text", style: `--indent: ${indent}ch` }, code, tags),
      )
    })
    this.list.replaceChildren(...this.lines)
    this.pane.scrollTop = 0
  }

  buildTags() {
    const { model } = this.xray
    /** @type {Map<number, number[]>} */
    const sites = new Map()
    for (const [at, { site }] of this.frame.steps.entries()) sites.set(site, [...(sites.get(site) ?? []), at])
    /** @type {Map<number, {site: number, steps: number[]}[]>} */
    const byLine = new Map()
    for (const [site, steps] of sites) {
      const { line } = model.sites[site]
      byLine.set(line, [...(byLine.get(line) ?? []), { site, steps }])
    }
    this.tags = []
    this.lines.forEach((line, at) => {
      const here = byLine.get(at + 1) ?? []
      line.classList.toggle("steps", here.length > 0)
      const most = Math.max(0, ...here.map(({ steps }) => steps.length))
      /** @type {HTMLElement[]} */
      const made = here
        .filter(({ site }) => model.sites[site].target)
        .map(({ site, steps }) => {
          const node = element("button", { type: "button", class: "tag", tabindex: "-1", "data-site": site })
          this.tags.push({ node, site, steps })
          return node
        })
      if (most > 1)
        made.push(
          element("span", { class: "times", title: this.xray.words("xray.repeated", { count: most }) }, `× ${most}`),
        )
      find(line, ".tags")?.replaceChildren(...made)
    })
  }

  /** The shape that a name has by now; before it is set, the one that it will get. */
  updateTags() {
    const { xray } = this
    const { step } = xray.position
    for (const { node, site, steps } of this.tags) {
      const at = steps.findLast((one) => one <= step) ?? steps[0]
      const shapes = this.frame.steps[at].values.map(
        (number) => xray.model.known(number).shape.join("×") || xray.words("scalar"),
      )
      const text = shapes.length > 3 ? `${shapes.slice(0, 2).join(", ")} … ×${shapes.length}` : shapes.join(", ")
      if (node.dataset.text !== text) {
        node.dataset.text = text
        node.replaceChildren(element("b", {}, xray.model.sites[site].target), ` ${text}`)
      }
      node.classList.toggle("ahead", at > step)
    }
  }

  /** Scroll the pane, never the page. @param {number} first @param {number} last */
  reveal(first, last) {
    const [top, bottom] = [this.lines[first - 1], this.lines[Math.min(last, this.lines.length) - 1]]
    if (!top || !bottom) return
    const high = top.offsetTop - 2 * top.offsetHeight
    const low = bottom.offsetTop + bottom.offsetHeight + 2 * top.offsetHeight
    if (high < this.pane.scrollTop || low > this.pane.scrollTop + this.pane.clientHeight) {
      this.pane.scrollTop = Math.max(0, Math.min(high, top.offsetTop - this.pane.clientHeight / 3))
    }
  }

  /** @param {Event} event */
  siteAt(event) {
    return Number(near(event, "[data-site]")?.dataset.site ?? -1)
  }

  /** @param {Event} event */
  click(event) {
    const { xray } = this
    const root = /** @type {{getSelection?: () => Selection|null}} */ (xray.root.getRootNode())
    if (String(root.getSelection?.() ?? "")) return // the reader is selecting text
    const site = this.siteAt(event)
    const line = near(event, "[data-line]")
    const step =
      site >= 0
        ? nearest(xray.model, xray.position, site)
        : line
          ? onLine(xray.model, xray.position, Number(line.dataset.line))
          : -1
    if (step < 0) return
    if (xray.playing) xray.pause()
    xray.goTo({ frame: xray.position.frame, step })
  }

  /** @param {Event} event */
  hover(event) {
    const { xray } = this
    const site = this.siteAt(event)
    if (site < 0) return xray.light(-1, -1)
    const all = turns(xray.model, {
      frame: xray.position.frame,
      step: nearest(xray.model, { ...xray.position, step: 0 }, site),
    })
    const step = all.findLast((at) => at <= xray.position.step) ?? all[0]
    const [value] = xray.frame.steps[step]?.values ?? []
    xray.light(value === undefined ? -1 : xray.model.known(value).array, site)
  }

  /** @param {number} site @param {Range|null} part of the source, if only that is meant */
  light(site, part) {
    const range = part ?? this.layout?.ranges.get(site)
    for (const { node, start, end } of this.segments) {
      node.classList.toggle(
        "lit",
        range !== undefined && start < range.end && end > range.start && node.textContent.trim() !== "",
      )
    }
  }
}

/**
 * What an event points at, or what that stands in.
 * @param {Event} event @param {string} selector @returns {HTMLElement|null}
 */
function near({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null
}

/** A long line may be broken behind a bracket. @param {string} text @returns {(string|HTMLElement)[]} */
function breakable(text) {
  const parts = text.split(/(?<=[([])/).flatMap((part) => [part, document.createElement("wbr")])
  return /[([]$/.test(text) ? parts : parts.slice(0, -1)
}
