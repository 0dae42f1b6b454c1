// The calls that are open, from the outermost; which of several like calls; the way out and in.

import { element, find, focusedNear } from "../core/dom.js"
import { label } from "./bar.js"
import { sign } from "./icons.js"
import { likeCalls, out, pathTo } from "./navigate.js"

/** @import { Model } from "./message.js" @import { Position } from "./navigate.js" */

export class PathLine {
  /** @param {import("./xray.js").XRay} xray */
  constructor(xray) {
    this.xray = xray
    this.crumbs = element("span", { class: "crumbs" })
    this.moves = element("span", { class: "calls" })
    this.root = element("nav", { class: "path" }, this.crumbs, this.moves)
    this.built = ""
    /** @type {Model|null} */
    this.model = null
  }

  /** Rebuilt only when something in it changes, so that a focused button keeps its focus. */
  update() {
    const { xray } = this
    const { model, position, words } = xray
    const form = [xray.sequence === 0, position.frame, position.step, words("xray.path")].join()
    if (form === this.built && this.model === model) return
    this.built = form
    this.model = model
    const active = focusedNear(xray.root)
    const kept = this.root.contains(active) ? active?.dataset.part : ""
    this.root.setAttribute("aria-label", words("xray.path"))
    const path = pathTo(model, position.frame)
    this.crumbs.replaceChildren(...path.map((number, at) => this.crumb(number, at === path.length - 1)))
    this.moves.replaceChildren(...this.makeMoves())
    if (kept) (find(this.root, `[data-part="${kept}"]:not(:disabled)`) ?? xray.root).focus({ preventScroll: true })
  }

  /** @param {number} number @param {boolean} last */
  crumb(number, last) {
    const { xray } = this
    const { name } = xray.model.frames[number]
    const like = likeCalls(xray.model, number)
    const parts = [
      last
        ? element("strong", { "aria-current": "step", title: name }, shorter(name))
        : element(
            "button",
            { type: "button", title: name, "data-part": `crumb-${number}`, onclick: () => this.openAncestor(number) },
            shorter(name),
          ),
    ]
    if (like.length > 1 && last) parts.push(this.chooser(number, like))
    else if (like.length > 1)
      parts.push(element("span", { class: "turn" }, `${like.indexOf(number) + 1}/${like.length}`))
    return element("span", { class: "crumb" }, ...parts)
  }

  /** @param {number} number */
  openAncestor(number) {
    /** @type {Position|null} */
    let position = this.xray.position
    while (position && position.frame !== number) position = out(this.xray.model, position)
    this.xray.goTo(position)
  }

  /**
   * Which of several calls of the same code: the same step in another one.
   * @param {number} number @param {number[]} like
   */
  chooser(number, like) {
    const { xray } = this
    const at = like.indexOf(number)
    const to = (/** @type {number} */ other) => () => {
      const { steps } = xray.model.frames[like[other]]
      xray.goTo({ frame: like[other], step: Math.max(0, Math.min(xray.position.step, steps.length - 1)) })
    }
    const { words } = xray
    return turnChooser(at, like.length, words("xray.call.previous"), words("xray.call.next"), to, "call")
  }

  makeMoves() {
    const { xray } = this
    const { model, words, position } = xray
    const made = []
    const outside = out(model, position)
    if (outside) {
      const name = shorter(model.frames[outside.frame].name)
      made.push(
        element(
          "button",
          { type: "button", class: "call", "data-part": "out", onclick: () => xray.stepOut() },
          sign("out"),
          words("xray.out", { name }),
        ),
      )
    }
    for (const [name, child, times] of grouped(model, xray.calls)) {
      made.push(
        element(
          "button",
          { type: "button", class: "call into", "data-part": `into-${name}`, onclick: () => xray.stepInto(child) },
          sign("into"),
          words("xray.into", { name: shorter(name) }),
          times > 1 ? element("i", {}, `× ${times}`) : null,
        ),
      )
    }
    return made
  }
}

/** Calls of the same name once, with how many there are. @param {Model} model @param {number[]} calls */
function grouped(model, calls) {
  /** @type {Map<string, [number, number]>} */
  const groups = new Map()
  for (const child of calls) {
    const { name } = model.frames[child]
    const [first, count] = groups.get(name) ?? [child, 0]
    groups.set(name, [first, count + 1])
  }
  return [...groups].map(([name, [first, count]]) => /** @type {const} */ ([name, first, count]))
}

/** "MultiHeadAttention.call.<locals>.step" without its middle. @param {string} name */
export function shorter(name) {
  return name.replace(".<locals>", "").replace("<lambda>", "λ")
}

/**
 * ‹ 2 of 50 ›
 * @param {number} at @param {number} count @param {string} before @param {string} after
 * @param {(at: number) => () => void} to @param {string} part
 */
export function turnChooser(at, count, before, after, to, part) {
  const previous = element(
    "button",
    { type: "button", "data-part": `${part}-previous`, disabled: at <= 0, onclick: to(at - 1) },
    sign("before"),
  )
  const next = element(
    "button",
    { type: "button", "data-part": `${part}-next`, disabled: at >= count - 1, onclick: to(at + 1) },
    sign("after"),
  )
  label(previous, before)
  label(next, after)
  return element(
    "span",
    { class: "turn", "data-turn": part },
    previous,
    element("span", {}, `${at + 1}/${count}`),
    next,
  )
}
