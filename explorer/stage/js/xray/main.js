// The entry of the X-ray: Streamlit calls the default export at every change of data or theme.

import { styled } from "../core/style.js"
import { XRay } from "./xray.js"

/** @type {WeakMap<object, XRay>} */
const mounted = new WeakMap()

/** @param {{data: Uint8Array, parentElement: ShadowRoot, setStateValue: Function, setTriggerValue: Function}} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/stage.css", "xray/xray.css", "trail/arithmetic.css"])
  if (!mounted.has(parentElement)) mounted.set(parentElement, new XRay(parentElement))
  mounted.get(parentElement).update(component)
  return () => {
    mounted.get(parentElement)?.close()
    mounted.delete(parentElement)
  }
}
