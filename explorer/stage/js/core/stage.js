// The whole stage: columns by role, a card for each tensor, one repaint for each change of data.

import { Card, newState } from "./card.js"
import { element, kept, onceAFrame, reconcile, setText } from "./dom.js"
import { fill } from "./format.js"
import { arrange, columnsByRole, splitTracks } from "./layout.js"
import { sharedEnds } from "./ranges.js"
import { readTheme } from "./theme.js"
import { unpack } from "./unpack.js"

/**
 * @import { CardState, Component, Ground, Options, Words } from "../types.js" @import { Placed } from "./layout.js"
 * @import { Tensor } from "./unpack.js"
 */

/** @implements {Ground} */
export class Stage {
  /** @param {ShadowRoot|HTMLElement} parent */
  constructor(parent) {
    /** @type {Map<string, Card>} */
    this.cards = new Map()
    /** @type {Map<string, CardState>} */
    this.states = new Map()
    /** @type {Map<string, HTMLElement>} */
    this.made = new Map()
    /** @type {Map<string, number>} */
    this.ends = new Map()
    /** @type {Record<string, string>} */
    this.labels = {}
    /** @type {Options} */
    this.options = {}
    /** @type {import("../types.js").Bytes|null} */
    this.data = null
    this.sequence = 0
    this.rows = element("div", { class: "rows" })
    this.veil = element("p", { class: "veil", role: "status", hidden: true })
    /** @type {Words} */
    this.words = (key, parameters) => fill(this.labels[key] ?? key, parameters)
    this.root = element("section", { class: "stage", "data-testid": "tensor-stage" }, this.veil, this.rows)
    parent.append(this.root)
    this.theme = readTheme(this.root)
    this.relayout = onceAFrame(() => this.layout())
    this.width = 0
    this.observer = new ResizeObserver(() => {
      if (Math.abs(this.root.clientWidth - this.width) >= 1) this.relayout()
    })
    this.observer.observe(this.root)
  }

  /** @param {Component} component */
  update({ data }) {
    this.theme = readTheme(this.root)
    if (data !== this.data) {
      this.data = data
      this.sequence += 1
      this.read(unpack(data))
    }
    this.root.dataset.theme = this.theme.dark ? "dark" : "light"
    this.relayout()
  }

  /** @param {ReturnType<typeof unpack>} message */
  read({ tensors, labels, options }) {
    this.labels = labels
    this.options = options
    this.ends = sharedEnds(tensors, options.scale === "one")
    this.columns = columnsByRole(tensors)
    const present = new Set(tensors.map(({ id }) => id))
    for (const [id, card] of this.cards) {
      if (present.has(id)) continue
      card.root.remove()
      this.cards.delete(id)
    }
    for (const tensor of tensors) {
      const state = kept(this.states, tensor.id, newState)
      kept(this.cards, tensor.id, () => new Card(state, this)).update(tensor)
    }
    this.root.setAttribute("aria-label", this.words("stage"))
    this.root.classList.toggle("plain", Boolean(options.plain))
    this.veil.hidden = tensors.length > 0
    setText(this.veil, tensors.length ? "" : this.words("empty_stage"))
  }

  /** Place every card, draw every canvas, then say so. Runs in an animation frame. */
  layout() {
    if (!this.columns) return
    this.width = this.root.clientWidth
    if (!this.width) return // not on the screen: the observer calls again
    const columns = this.columns.map(({ role, members }) => {
      const cards = members.flatMap(({ id }) => this.cards.get(id) ?? [])
      const widths = cards.map((card) => card.wantedWidth)
      return {
        role,
        cards,
        widths,
        heights: cards.map((card, at) => card.expectedHeight(Math.max(236, Math.min(widths[at], 560)))),
      }
    })
    const placed = arrange(columns, this.width)
    const byRole = new Map(columns.map(({ role, cards }) => [role, cards]))
    const single = placed.every((row) => row.length === 1)
    reconcile(
      this.rows,
      placed.map((row, at) => this.row(at, row, byRole, placed.length, single)),
    )
    for (const card of this.cards.values()) card.paint()
    this.root.dataset.painted = String(this.sequence)
  }

  /**
   * @param {number} at @param {Placed[]} row @param {Map<string, Card[]>} byRole @param {number} count
   * @param {boolean} single
   */
  row(at, row, byRole, count, single) {
    const line = this.keep(`row-${at}`, () => element("div", { class: "row" }))
    reconcile(
      line,
      row.map(({ role, tracks, width, total }, position) => {
        const cards = byRole.get(role) ?? []
        const last = position === row.length - 1
        const end = last && at === count - 1
        const column = this.keep(`column-${role}`, () => element("section", { class: "column" }))
        column.style.width = `${total}px`
        column.dataset.flow = end ? "end" : single ? "down" : last ? "turn" : "on"
        const heading = this.keep(`heading-${role}`, () =>
          element("h2", {}, element("span", {}), element("i", { "aria-hidden": "true" })),
        )
        setText(/** @type {Node} */ (heading.firstChild), this.words(`column.${role}`))
        const body = this.keep(`body-${role}`, () => element("div", { class: "tracks" }))
        reconcile(column, [heading, body])
        const split = splitTracks(
          cards.map((card) => card.expectedHeight(width)),
          tracks,
        )
        reconcile(
          body,
          Array.from({ length: tracks }, (_, track) => {
            const made = this.keep(`track-${role}-${track}`, () => element("div", { class: "track-of-cards" }))
            made.style.width = `${width}px`
            const members = cards.filter((_, position_) => split[position_] === track)
            for (const card of members) card.arrange(width)
            reconcile(
              made,
              members.map((card) => card.root),
            )
            return made
          }),
        )
        return column
      }),
    )
    return line
  }

  /** @param {string} key @param {() => HTMLElement} make */
  keep(key, make) {
    return kept(this.made, key, make)
  }

  close() {
    this.observer.disconnect()
    this.root.remove()
  }
}
