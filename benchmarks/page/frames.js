// Counts what the page's script takes for each frame while a picture is hovered or stepped through. Loaded before the app:
// it wraps `requestAnimationFrame`, and times the listeners of the events between the window's capture and bubble phases.

/** @typedef {{script: number, began: number}} Frame */

window.frameTimes = (() => {
  const EVENTS = ["pointermove", "pointerenter", "pointerover", "mousemove", "keydown"]
  /** @type {Frame|null} */
  let current = null
  /** @type {{script: number, painted: number}[]} */
  let frames = []
  let recording = false

  const frame = () => {
    if (!current) {
      current = { script: 0, began: performance.now() }
      native(() => {}) // so that a frame is made even if nobody draws
    }
    return current
  }

  const native = window.requestAnimationFrame.bind(window)
  let ending = false
  window.requestAnimationFrame = (draw) =>
    native((now) => {
      const began = performance.now()
      try {
        draw(now)
      } finally {
        if (recording) {
          frame().script += performance.now() - began
          if (!ending) {
            ending = true
            const channel = new MessageChannel()
            channel.port1.onmessage = () => {
              ending = false
              if (recording && current)
                frames.push({ script: current.script, painted: performance.now() - current.began })
              current = null
            }
            channel.port2.postMessage(0)
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
