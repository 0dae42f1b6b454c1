// The entry of the X-ray: Streamlit calls the default export at every change of data or theme.

import { kept } from "../core/dom.js"
import { styled } from "../core/style.js"
import { XRay } from "./xray.js"

/** @type {WeakMap<object, XRay>} */
const mounted = new WeakMap()

/** @param {import("../types.js").Component} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/stage.css", "xray/xray.css", "trail/arithmetic.css"])
  kept(mounted, parentElement, () => new XRay(parentElement)).update(component)
  return () => {
    mounted.get(parentElement)?.close()
    mounted.delete(parentElement)
  }
}
