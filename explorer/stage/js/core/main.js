// The entry: Streamlit calls the default export at every change of data or theme, with the same parent element.

import { Stage } from "./stage.js"
import { styled } from "./style.js"

/** @type {WeakMap<object, Stage>} */
const stages = new WeakMap()

/** @param {{data: Uint8Array, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/stage.css", "trail/arithmetic.css"])
  if (!stages.has(parentElement)) stages.set(parentElement, new Stage(parentElement))
  stages.get(parentElement).update(component)
  return () => {
    stages.get(parentElement)?.close()
    stages.delete(parentElement)
  }
}
