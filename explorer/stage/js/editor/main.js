// The entry of the code editor: Streamlit calls the default export at every change of data or theme.

import { kept } from "../core/dom.js"
import { styled } from "../core/style.js"
import { CodeEditor } from "./editor.js"

/** @type {WeakMap<object, CodeEditor>} */
const mounted = new WeakMap()

/** @param {import("../types.js").Component} component */
export default async function mount(component) {
  const { parentElement } = component
  await styled(parentElement, ["core/palette.css", "editor/editor.css"])
  kept(mounted, parentElement, () => new CodeEditor(parentElement)).update(component)
  return () => {
    mounted.get(parentElement)?.close()
    mounted.delete(parentElement)
  }
}
