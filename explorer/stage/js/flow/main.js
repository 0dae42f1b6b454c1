// The entry of the flow: Streamlit calls the default export at every change of data or theme.

import { kept } from "../core/dom.js"
import { styled } from "../core/style.js"
import { bus } from "../trail/bus.js"
import { Flow } from "./flow.js"

/** @type {WeakMap<object, Flow>} */
const mounted = new WeakMap()

/** @param {import("../types.js").Component} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/stage.css", "trail/arithmetic.css", "flow/flow.css"])
  await kept(mounted, parentElement, () => new Flow(parentElement, bus)).update(component)
  return () => {
    mounted.get(parentElement)?.close()
    mounted.delete(parentElement)
  }
}
