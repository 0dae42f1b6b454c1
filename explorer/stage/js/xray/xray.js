// The whole X-ray: where the reader stands, and who is told when that changes.

import { element, kept, onceAFrame, setText } from "../core/dom.js"
import { fill } from "../core/format.js"
import { readTheme } from "../core/theme.js"
import { ArithmeticView } from "../trail/arithmetic.js"
import { bus } from "../trail/bus.js"
import { Bar } from "./bar.js"
import { CodePane } from "./code.js"
import { onKey } from "./keys.js"
import { readFrames } from "./message.js"
import { callsAt, go, into, order, out, placeOf, positionAt, resume, start } from "./navigate.js"
import { PathLine } from "./path.js"
import { layOut } from "./segments.js"
import { StepPane } from "./step.js"
import { Strip } from "./strip.js"

const REST = 1000

/**
 * @import { Bytes, Component, Words } from "../types.js" @import { Frame, Model } from "./message.js"
 * @import { Move, Position } from "./navigate.js"
 */

export class XRay {
  // @ts-expect-error: the first update() sets it, and nothing asks for it before
  /** @type {Model} */ model

  /** @param {ShadowRoot|HTMLElement} parent */
  constructor(parent) {
    /** @type {Position} */
    this.position = { frame: -1, step: 0 }
    /** @type {ReturnType<typeof setTimeout>|0} */
    this.playing = 0
    /** @type {ReturnType<typeof setTimeout>|0} */
    this.resting = 0
    /** @type {Bytes|null} */
    this.data = null
    /** @type {Position[]|null} every step in order, made when it is first needed */
    this.ordered = null
    /** @type {Map<string, Position>|null} where each tensor was made, likewise */
    this.makers = null
    /** @type {import("../trail/bus.js").Cell|null} */
    this.pinned = null
    this.width = 0
    /** @type {(place: string) => void} */
    this.tell = () => {}
    this.speed = 1
    this.inside = false
    this.told = ""
    this.sequence = 0
    /** @type {Map<number, import("./segments.js").Layout>} */
    this.layouts = new Map()
    /** @type {Words} */
    this.words = (key, parameters) => fill(this.model?.labels[key] ?? key, parameters)
    this.path = new PathLine(this)
    this.bar = new Bar(this)
    this.strip = new Strip(this)
    this.code = new CodePane(this)
    this.step = new StepPane(this)
    this.arithmetic = new ArithmeticView(this)
    this.code.root.append(this.arithmetic.root) // what it tells of stays in sight beside it
    this.hint = element("p", { class: "hint" })
    this.panes = element("div", { class: "panes" }, this.code.root, this.step.root)
    this.root = element(
      "section",
      { class: "stage xray", "data-testid": "xray", tabindex: "-1" },
      this.bar.root,
      element("div", { class: "top" }, this.path.root, this.hint),
      this.strip.root,
      this.panes,
    )
    parent.append(this.root)
    this.theme = readTheme(this.root)
    this.root.addEventListener("keydown", (event) => onKey(this, event))
    this.repaint = onceAFrame(() => this.paint())
    this.observer = new ResizeObserver(() => {
      if (Math.abs(this.root.clientWidth - this.width) >= 1) this.repaint()
    })
    this.observer.observe(this.root)
  }

  /** @param {Component} component */
  update({ data, setStateValue }) {
    this.tell = (place) => setStateValue("look", place)
    this.theme = readTheme(this.root)
    this.root.dataset.theme = this.theme.dark ? "dark" : "light"
    if (data !== this.data) {
      this.data = data
      this.read(readFrames(data))
    }
    this.repaint()
  }

  /** Take over another run; the reader stays where they are as far as that place still exists. @param {Model} model */
  read(model) {
    const before = this.model
    this.model = model
    this.layouts.clear()
    this.ordered = null
    const asked = model.options.at && model.options.at !== this.told ? positionAt(model, model.options.at) : null
    if (model.options.at) this.told = model.options.at
    this.position = asked ?? (before && this.position.frame >= 0 ? resume(before, model, this.position) : start(model))
    this.root.setAttribute("aria-label", this.words("xray"))
    setText(this.hint, this.words("xray.hint"))
    this.step.forget()
    this.sequence += 1
    this.makers = null
    bus.watch(this)
    if (before && this.told) this.rest() // another layer: the link's place was the old one's
  }

  /** @returns {Frame} */
  get frame() {
    return this.model.frames[this.position.frame]
  }
  get current() {
    return this.frame?.steps[this.position.step]
  }
  get steps() {
    if (this.inside) this.ordered ??= order(this.model)
    return this.inside ? this.ordered : null
  }

  /** The segments of a frame's source, and where its recorded expressions stand. */
  layout(frame = this.frame) {
    return kept(this.layouts, frame.place, () => {
      const alike = this.model.frames.filter(({ place }) => place === frame.place)
      const sites = new Set(alike.flatMap(({ steps }) => steps.map(({ site }) => site)))
      return layOut(frame.source, new Map(frame.source ? [...sites].map((site) => [site, this.model.sites[site]]) : []))
    })
  }

  // -- moving
  /** @param {Position|null} position @returns {boolean} whether there is such a place */
  goTo(position) {
    if (!position || position.frame < 0) return false
    this.light(-1, -1)
    this.position = position
    this.sequence += 1
    this.repaint()
    this.rest()
    return true
  }

  /** @param {Move} move */
  move(move) {
    return this.goTo(go(this.model, this.position, move, this.steps))
  }

  /** @param {Move} move */
  canMove(move) {
    return Boolean(go(this.model, this.position, move, this.steps))
  }

  stepInto(child = into(this.model, this.position)) {
    return child >= 0 && this.goTo({ frame: child, step: 0 })
  }

  stepOut() {
    return this.goTo(out(this.model, this.position))
  }

  get calls() {
    return callsAt(this.model, this.position)
  }

  // -- playing
  play() {
    if (this.playing) return this.pause()
    if (!this.canMove("next")) this.move("first")
    this.schedule()
    this.repaint()
  }

  schedule() {
    this.playing = setTimeout(() => {
      if (!this.root.isConnected || !this.move("next") || !this.canMove("next")) return this.pause()
      this.schedule()
    }, 1000 / this.speed)
  }

  pause() {
    clearTimeout(this.playing)
    this.playing = 0
    this.repaint()
    this.rest()
  }

  /** Python hears of a place only when the reader has come to rest there: nothing waits for a server while stepping. */
  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      if (this.playing || !this.root.isConnected) return
      const place = placeOf(this.model, this.position)
      if (place === this.told) return
      this.told = place
      this.tell(place)
    }, REST)
  }

  // -- pointing: an expression and its tensors light up together
  /**
   * @param {number} array the tensor pointed at, or -1 @param {number} [site] its expression, if known
   * @param {import("./code.js").Range|null} [part] of the source
   */
  light(array, site = this.siteOf(array), part = null) {
    this.code.light(site, part)
    this.step.light(array)
    this.strip.light(array)
  }

  /**
   * The expression of this frame that made a tensor, the latest up to here first.
   * @param {number} array @returns {number}
   */
  siteOf(array) {
    if (array < 0) return -1
    const { steps } = this.frame
    const made = steps.flatMap(({ values, site }, at) =>
      values.some((number) => this.model.known(number).array === array) ? [{ at, site }] : [],
    )
    return (made.findLast(({ at }) => at <= this.position.step) ?? made[0])?.site ?? -1
  }

  /** A touched cell of a tensor that this step does not show: go to the step that made it. */
  trailChanged() {
    const { pinned } = bus
    if (pinned && this.pinned !== pinned && !this.step.shows(pinned.tensor)) {
      const maker = this.maker(pinned.tensor)
      if (maker) this.goTo(maker)
    }
    this.pinned = pinned
    this.arithmetic.update()
    this.step.trailChanged()
  }

  /** @param {string} id of a tensor */
  shows(id) {
    return this.step.shows(id) || Boolean(this.maker(id))
  }

  /** Where a tensor was made. @param {string} id @returns {Position|undefined} */
  maker(id) {
    this.makers ??= new Map(
      this.model.frames.flatMap((frame) =>
        frame.steps.flatMap(({ values }, step) =>
          values.map((number) => /** @type {const} */ ([this.model.known(number).id, { frame: frame.number, step }])),
        ),
      ),
    )
    return this.makers.get(id)
  }

  // -- drawing
  paint() {
    this.width = this.root.clientWidth
    if (!this.width || !this.model || !this.frame) return
    this.panes.classList.toggle("narrow", this.width < 720)
    this.step.width = this.step.root.clientWidth // read before anything is written: the browser lays out once
    this.bar.update()
    this.path.update()
    this.strip.update()
    this.code.update()
    this.step.update()
    this.arithmetic.update()
    this.strip.follow()
    this.code.follow()
    this.root.dataset.place = placeOf(this.model, this.position)
    this.root.dataset.painted = String(this.sequence)
  }

  close() {
    clearTimeout(this.playing)
    clearTimeout(this.resting)
    bus.leave(this)
    this.observer.disconnect()
    this.root.remove()
  }
}
