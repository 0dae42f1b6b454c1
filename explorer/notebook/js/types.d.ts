// Types of what no module makes: what anywidget hands over, and style sheets as texts.

/** A widget's half in the browser: what its half in Python has, and messages between the two. */
export interface Model {
  get(name: string): unknown
  on(name: string, heard: (...given: any[]) => void): void
  off(name: string, heard: (...given: any[]) => void): void
  send(content: unknown): void
}
