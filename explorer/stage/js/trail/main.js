// The entry of the trail: an element without a picture of its own. It asks Python about the touched cell and tells the
// page's pictures the answer, so that a touch sends neither them nor their data again.

import { bus } from "./bus.js"
import { readTrail } from "./message.js"

/** @type {WeakMap<object, {data: import("../types.js").Bytes|null}>} */
const mounted = new WeakMap()

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) bus.free()
})

/** @param {import("../types.js").Component} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  const own = mounted.get(parentElement) ?? { data: null }
  mounted.set(parentElement, own)
  bus.join(parentElement, {
    ask: (cell) => setTriggerValue("touch", cell ?? { tensor: "", index: [] }),
    look: (place) => setTriggerValue("look", place),
  })
  if (data !== own.data) {
    own.data = data
    bus.show(readTrail(data))
  }
  return () => {
    mounted.delete(parentElement)
    bus.part(parentElement)
    if (bus.ask) return // another element has its place
    bus.show({
      cell: null,
      way: "",
      ways: [],
      weights: new Map(),
      arithmetic: null,
      notes: [],
      problem: "",
      labels: {},
    })
  }
}
