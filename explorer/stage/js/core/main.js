// The entry: Streamlit calls the default export at every change of data or theme, with the same parent element.

import { kept } from "./dom.js"
import { Stage } from "./stage.js"
import { styled } from "./style.js"

/** @type {WeakMap<object, Stage>} */
const stages = new WeakMap()

/** @param {import("../types.js").Component} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/palette.css", "core/stage.css", "trail/arithmetic.css"])
  kept(stages, parentElement, () => new Stage(parentElement)).update(component)
  return () => {
    stages.get(parentElement)?.close()
    stages.delete(parentElement)
  }
}
