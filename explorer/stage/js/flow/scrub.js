// The bar under the stage: one mark for each stop, the knob where the cursor stands, play and pause.

import { drawing, element, setText } from "../core/dom.js"
import { BRUSHES } from "./brush.js"
import { labelOf } from "./kinds.js"

/** @import { Brush } from "./brush.js" @import { Cursor } from "./cursor.js" @import { Words } from "../types.js" */

const PLAY = "M4.5 2.5v9l7.5-4.5z"
const PAUSE = "M3.5 2.5h2.5v9H3.5zM8 2.5h2.5v9H8z"
/** More marks than that would be a line. */
const MOST_MARKS = 80
/** Marks that are nearer than so many pixels are dots, and none where they would touch even then. */
const NEAR = { dots: 15, none: 6 }

export class Scrub {
  /**
   * @param {Cursor} cursor @param {Words} words
   * @param {{present: (on: boolean) => void, lens: () => void, share: (() => void)|null, brush: (brush: Brush) => void,
   *   origin: (name: string) => void}} does what its words do
   */
  constructor(cursor, words, { present, lens, share, brush, origin }) {
    this.cursor = cursor
    this.words = words
    this.button = element("button", { type: "button", class: "play", onclick: () => cursor.play() })
    this.fill = element("div", { class: "fill" })
    this.knob = element("div", { class: "knob" })
    this.marks = element("div", { class: "marks" })
    this.track = element(
      "div",
      { class: "track", role: "slider", tabindex: 0, "aria-valuemin": 0 },
      element("div", { class: "rail" }),
      this.fill,
      this.marks,
      this.knob,
    )
    this.place = element("output", { class: "place" })
    this.lens = element("button", { type: "button", class: "word", "data-does": "lens", onclick: lens })
    this.stage = element("button", {
      type: "button",
      class: "word",
      "data-does": "present",
      onclick: () => present(!this.presenting),
    })
    this.link = element("button", {
      type: "button",
      class: "word",
      "data-does": "share",
      hidden: true,
      onclick: () => share?.(),
    })
    this.shares = share !== null
    this.presenting = false
    /** @type {HTMLSelectElement} */
    this.brushes = element("select", {
      class: "brushes",
      hidden: true,
      onchange: () => brush(/** @type {Brush} */ (this.brushes.value)),
    })
    /** @type {HTMLSelectElement} */
    this.origins = element("select", {
      class: "axes",
      "data-does": "origin",
      hidden: true,
      onchange: () => origin(this.origins.value),
    })
    const buttons = [this.origins, this.brushes, this.lens, this.link, this.stage]
    this.root = element("div", { class: "scrub" }, this.button, this.track, this.place, ...buttons)
    this.listen()
    /** @type {boolean|null} */
    this.playing = null
  }

  listen() {
    const { track, cursor } = this
    const at = (/** @type {PointerEvent} */ event) => {
      const box = track.getBoundingClientRect()
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * cursor.stops.length
    }
    track.addEventListener("pointerdown", (event) => {
      track.setPointerCapture(event.pointerId)
      cursor.set(at(event))
    })
    track.addEventListener("pointermove", (event) => {
      if (track.hasPointerCapture(event.pointerId)) cursor.set(at(event))
    })
    track.addEventListener("pointerup", () => cursor.set(Math.round(cursor.at)))
  }

  /** Draw the marks of other stops. */
  reset() {
    const { stops } = this.cursor
    const count = stops.length <= MOST_MARKS ? stops.length : 0
    this.marks.replaceChildren(
      ...Array.from({ length: count + 1 }, (_, at) =>
        element("i", { style: `left:${(at / Math.max(1, count)) * 100}%` }),
      ),
    )
    this.track.setAttribute("aria-valuemax", String(stops.length))
    this.track.setAttribute("aria-label", this.words("flow.cursor"))
    for (const part of [this.button, this.track, this.place]) part.hidden = !stops.length
    setText(this.lens, this.words("flow.lens"))
    this.lens.title = this.words("flow.lens.help")
    this.present(this.presenting)
    this.playing = null
    this.spread()
  }

  /** Marks never touch: they are smaller where there are many. */
  spread() {
    const pitch = this.track.clientWidth / Math.max(1, this.marks.childElementCount - 1)
    this.marks.classList.toggle("dots", pitch < NEAR.dots)
    this.marks.hidden = pitch < NEAR.none
  }

  /** Offer what a drag may change, where numbers can be. @param {string[]} editable */
  offer(editable) {
    this.brushes.hidden = !editable.length
    if (this.brushes.options.length) return
    this.brushes.append(
      ...BRUSHES.map((brush) => element("option", { value: brush }, this.words(`flow.brush.${brush}`))),
    )
    this.brushes.title = this.words("flow.brush")
    this.brushes.setAttribute("aria-label", this.words("flow.brush"))
  }

  /** Offer the axes by which cells can be coloured. @param {import("./origins.js").Axis[]} axes @param {string} chosen */
  offerOrigins(axes, chosen) {
    const { origins, words } = this
    origins.hidden = !axes.length
    origins.title = words("origin.help")
    origins.setAttribute("aria-label", words("origin.help"))
    origins.replaceChildren(
      element("option", { value: "" }, words("origin.numbers")),
      ...axes.map(({ name, label }) => element("option", { value: name }, words("origin.axis", { axis: label }))),
    )
    origins.value = axes.some(({ name }) => name === chosen) ? chosen : ""
  }

  /** Offer the way back, or the way to an audience. @param {boolean} on */
  present(on) {
    this.presenting = on
    this.link.hidden = !on || !this.shares
    setText(this.link, this.words("flow.share"))
    this.link.title = this.words("flow.share.help")
    setText(this.stage, this.words(on ? "flow.leave" : "flow.present"))
    this.stage.title = this.words(on ? "flow.leave.help" : "flow.present.help")
  }

  update() {
    const { cursor, words } = this
    const { stops, at, now, playing } = cursor
    const part = `${(at / Math.max(1, stops.length)) * 100}%`
    this.fill.style.width = part
    this.knob.style.left = part
    ;[...this.marks.children].forEach((mark, number) => {
      mark.classList.toggle("done", number <= at + 1e-6)
    })
    if (playing !== this.playing) {
      this.playing = playing
      this.button.replaceChildren(drawing(playing ? PAUSE : PLAY))
      this.button.setAttribute("aria-label", words(playing ? "flow.pause" : "flow.play"))
      this.button.title = words(playing ? "flow.pause" : "flow.play")
    }
    const number = Math.ceil(at - 1e-6)
    this.track.setAttribute("aria-valuenow", String(number))
    const line = now ? now.operation.text.split("\n")[0] : words("flow.before")
    this.track.setAttribute("aria-valuetext", line)
    const [result] = now?.operation.results ?? []
    setText(this.place, `${number} / ${stops.length}${result ? ` · ${labelOf(result)}` : ""}`)
  }
}
