// Controls of a tensor with more than two axes: which axes are shown, and where the others stand.

import { element, find, focusedNear } from "./dom.js"
import { choose, facetChoices, sliderAxes } from "./slices.js"

const SIGNS = { rows: "↓", columns: "→", facets: "⊞" }

export class SliceBar {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card
    this.choices = element("div", { class: "choices" })
    this.sliders = element("div", { class: "sliders" })
    this.root = element("div", { class: "slices" }, this.choices, this.sliders)
    this.built = ""
  }

  /** Rebuilt only when its form changes, so that a focused control keeps its focus. */
  update() {
    const { tensor, state, words } = this.card
    const { shape, axes } = tensor.grid
    const many =
      (!this.card.picture.empty && shape.filter((size) => size > 1).length > 2) || (shape.length > 2 && tensor.whole)
    this.root.hidden = !many || this.card.picture.empty
    const form = JSON.stringify([
      shape,
      axes,
      { ...state.selection, fixed: 0 },
      words("slices.one"),
      this.card.picture.trueColourAxis(),
    ])
    if (form === this.built || this.root.hidden) return
    const focused = focusedNear(this.root)?.dataset.part
    this.built = form
    this.choices.replaceChildren(...this.makeChoices())
    this.sliders.replaceChildren(...this.sliderAxes().map((axis) => this.makeSlider(axis)))
    if (focused) find(this.root, `[data-part="${focused}"]`)?.focus()
  }

  /** @param {number} axis */
  name(axis) {
    return this.card.tensor.grid.axes[axis] || this.card.words("axis", { number: axis })
  }

  sliderAxes() {
    const { tensor, state, picture } = this.card
    return sliderAxes(tensor.grid.shape, state.selection).filter((axis) => axis !== picture.trueColourAxis())
  }

  makeChoices() {
    const { tensor, state, words } = this.card
    const { shape } = tensor.grid
    const every = shape.map((_, axis) => axis)
    /** @type {["rows"|"columns"|"facets", number[]][]} */
    const parts = tensor.whole
      ? [
          ["rows", every],
          ["columns", every],
        ]
      : []
    const facets = facetChoices(shape, state.selection)
    if (facets.length) parts.push(["facets", [-1, ...facets]])
    return parts.map(([part, axes]) => {
      const select = element(
        "select",
        { "aria-label": words(`slices.${part}`), title: words(`slices.${part}`), "data-part": part },
        ...axes.map((axis) =>
          element("option", { value: String(axis) }, axis < 0 ? words("slices.one") : this.name(axis)),
        ),
      )
      select.value = String(state.selection[part])
      select.onchange = () => {
        state.selection = choose(state.selection, part, Number(select.value), shape)
        this.card.selectionChanged()
      }
      return element("label", { class: "choice" }, element("span", { "aria-hidden": "true" }, SIGNS[part]), select)
    })
  }

  /** @param {number} axis */
  makeSlider(axis) {
    const { tensor, state, words } = this.card
    const count = tensor.grid.shape[axis]
    const position = () =>
      words("slices.position", { axis: this.name(axis), index: state.selection.fixed[axis], count })
    const shown = element("output", {}, position())
    const slider = element("input", {
      type: "range",
      min: "0",
      max: String(count - 1),
      step: "1",
      "aria-label": this.name(axis),
      "data-part": `slider-${axis}`,
    })
    slider.value = String(state.selection.fixed[axis])
    slider.oninput = () => {
      state.selection.fixed[axis] = Number(slider.value)
      shown.textContent = position()
      this.card.selectionChanged()
    }
    return element("label", { class: "slider" }, shown, slider)
  }
}
