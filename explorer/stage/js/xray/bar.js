// The buttons that move through the call, the place on a line, the speed.

import { element, focusedNear, setText } from "../core/dom.js"
import { sign } from "./icons.js"
import { placeOf } from "./navigate.js"

/** @type {import("./navigate.js").Move[]} */
const MOVES = ["first", "previous", "next", "last"]
const SPEEDS = [0.5, 1, 2, 5, 10]

export class Bar {
  /** @param {import("./xray.js").XRay} xray */
  constructor(xray) {
    this.xray = xray
    const move = (/** @type {import("./navigate.js").Move} */ name) =>
      this.button(name, () => {
        if (xray.playing) xray.pause()
        xray.move(name)
      })
    this.moves = { first: move("first"), previous: move("previous"), next: move("next"), last: move("last") }
    this.play = this.button("play", () => xray.play())
    this.play.classList.add("main")
    this.slider = element("input", { type: "range", min: "0", step: "1", "data-part": "place" })
    this.slider.oninput = () => this.slide(Number(this.slider.value))
    this.place = element("output", { class: "place" })
    this.speed = element(
      "select",
      { "data-part": "speed" },
      ...SPEEDS.map((speed) => element("option", { value: String(speed) }, `${speed}×`)),
    )
    this.speed.value = String(xray.speed)
    this.speed.onchange = () => {
      xray.speed = Number(this.speed.value)
    }
    this.inside = element("input", { type: "checkbox", "data-part": "inside" })
    this.inside.onchange = () => {
      xray.inside = this.inside.checked
      xray.repaint()
    }
    this.insideText = element("span")
    this.insideLabel = element("label", { class: "inside" }, this.inside, this.insideText)
    this.speedLabel = element("label", { class: "speed" }, this.speed)
    const { first, previous, next, last } = this.moves
    this.root = element(
      "div",
      { class: "bar-of-moves", role: "group" },
      element("span", { class: "moves" }, first, previous, this.play, next, last),
      this.slider,
      this.place,
      this.speedLabel,
      this.insideLabel,
    )
  }

  /** @param {Parameters<typeof sign>[0]} name @param {() => void} press */
  button(name, press) {
    return element("button", { type: "button", "data-move": name, onclick: press }, sign(name))
  }

  /** @param {number} value */
  slide(value) {
    const { xray } = this
    if (xray.playing) xray.pause()
    xray.goTo(xray.steps ? xray.steps[value] : { frame: xray.position.frame, step: value })
  }

  update() {
    const { xray } = this
    const { words, position, frame } = xray
    this.root.setAttribute("aria-label", words("xray.tools"))
    for (const name of MOVES) {
      const button = this.moves[name]
      label(button, words(`xray.${name}`))
      const open = xray.canMove(name)
      if (!open && button === focusedNear(xray.root)) xray.root.focus({ preventScroll: true }) // keep the keys
      button.disabled = !open
    }
    const playing = Boolean(xray.playing)
    if (this.play.dataset.state !== String(playing)) {
      this.play.dataset.state = String(playing)
      this.play.replaceChildren(sign(playing ? "pause" : "play"), element("span"))
    }
    setText(/** @type {Node} */ (this.play.lastChild), words(playing ? "xray.pause" : "xray.play"))
    const all = xray.steps
    const count = all ? all.length : frame.steps.length
    this.play.disabled = count < 2
    const at = all
      ? all.findIndex(({ frame: f, step }) => f === position.frame && step === position.step)
      : position.step
    this.slider.max = String(Math.max(0, count - 1))
    this.slider.value = String(at)
    this.slider.disabled = count < 2
    this.slider.setAttribute("aria-label", words("xray.tools"))
    const place = words("xray.place", { number: count ? at + 1 : 0, count })
    this.slider.setAttribute("aria-valuetext", place)
    setText(this.place, place)
    this.place.dataset.at = placeOf(xray.model, position)
    this.speed.setAttribute("aria-label", words("xray.speed"))
    for (const option of this.speed.options) option.title = words("xray.speed.steps", { speed: option.value })
    this.speedLabel.title = words("xray.speed")
    this.insideLabel.hidden = xray.model.frames.length < 2
    this.insideLabel.title = words("xray.inside.help")
    setText(this.insideText, words("xray.inside"))
  }
}

/** A button without words needs a name and a tip. @param {HTMLElement} button @param {string} text */
export function label(button, text) {
  if (button.title === text) return
  button.title = text
  button.setAttribute("aria-label", text)
}
