// Counts what the page's script takes for each frame while a picture is hovered or stepped through. Loaded before the app:
// it wraps `requestAnimationFrame`, and times the listeners of the events between the window's capture and bubble phases.

/** @typedef {{script: number, began: number, drawn: boolean}} Frame */

window.frameTimes = (() => {
  const EVENTS = ["pointermove", "pointerenter", "pointerover", "mousemove", "keydown"]
  /** @type {Frame|null} */
  let current = null
  /** @type {{script: number, painted: number}[]} */
  let frames = []
  let recording = false

  const frame = () => {
    if (!current) {
      const own = { script: 0, began: performance.now(), drawn: false }
      current = own
      native(() => after(() => !own.drawn && current === own && forget())) // an event for which nobody draws is no frame
    }
    return current
  }

  const native = window.requestAnimationFrame.bind(window)
  const forget = () => {
    current = null
  }
  /** After the frame that is being made. @param {() => void} act */
  const after = (act) => {
    const channel = new MessageChannel()
    channel.port1.onmessage = act
    channel.port2.postMessage(0)
  }
  let ending = false
  window.requestAnimationFrame = (draw) =>
    native((now) => {
      const began = performance.now()
      try {
        draw(now)
      } finally {
        if (recording) {
          frame().script += performance.now() - began
          frame().drawn = true
          if (!ending) {
            ending = true
            after(() => {
              ending = false
              if (recording && current)
                frames.push({ script: current.script, painted: performance.now() - current.began })
              forget()
            })
          }
        }
      }
    })

  let entered = 0
  for (const name of EVENTS) {
    window.addEventListener(
      name,
      () => {
        entered = performance.now()
        if (recording) frame()
      },
      { capture: true },
    )
    window.addEventListener(name, () => {
      if (recording) frame().script += performance.now() - entered
    })
  }

  return {
    record() {
      frames = []
      current = null
      recording = true
    },
    stop() {
      recording = false
      return frames
    },
  }
})()
