// The entry of the tape: an element without a picture. It tells Python which call's tape is wanted, and the flow that it came.

import { bus } from "../trail/bus.js"

/** @type {WeakMap<object, import("../types.js").Bytes|null>} */
const last = new WeakMap()

/** @param {import("../types.js").Component} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  bus.join(parentElement, { want: (call) => setTriggerValue("want", call) })
  if (data?.length && data !== last.get(parentElement)) bus.bring(data)
  last.set(parentElement, data)
  return () => {
    last.delete(parentElement)
    bus.part(parentElement)
  }
}
