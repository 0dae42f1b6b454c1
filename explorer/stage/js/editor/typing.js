// How typing works: keys, indentation, colours, search; in the words of the reader's language.

import {
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  defaultKeymap,
  drawSelection,
  EditorSelection,
  EditorState,
  HighlightStyle,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentOnInput,
  indentUnit,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  pythonLanguage,
  search,
  searchKeymap,
  syntaxHighlighting,
  tags,
} from "../bundles/codemirror.js"

const INDENT = 4

/** The colours are the style sheet's. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], class: "keyword" },
  { tag: [tags.bool, tags.null, tags.self], class: "constant" },
  { tag: [tags.number], class: "number" },
  { tag: [tags.string, tags.special(tags.string)], class: "string" },
  { tag: tags.comment, class: "comment" },
  { tag: [tags.definition(tags.className), tags.function(tags.definition(tags.variableName))], class: "definition" },
  { tag: tags.meta, class: "decorator" },
])

/** Spaces up to the next stop; what is selected is indented. @type {import("../bundles/codemirror.js").Command} */
function tab(view) {
  const { state } = view
  if (state.readOnly) return false
  if (state.selection.ranges.some(({ empty }) => !empty)) return indentMore(view)
  const spaces = state.changeByRange(({ head }) => {
    const insert = " ".repeat(INDENT - ((head - state.doc.lineAt(head).from) % INDENT))
    return { changes: { from: head, insert }, range: EditorSelection.cursor(head + insert.length) }
  })
  view.dispatch(state.update(spaces, { userEvent: "input.indent", scrollIntoView: true }))
  return true
}

/** What does not depend on what the server says. @param {boolean} still whether the reader asked for no motion */
export function typing(still) {
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection({ cursorBlinkRate: still ? 0 : 1200 }),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of(" ".repeat(INDENT)),
    EditorState.tabSize.of(INDENT),
    pythonLanguage,
    syntaxHighlighting(COLOURS),
    search({ top: true }),
    keymap.of([
      { key: "Tab", run: tab, shift: indentLess },
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...lintKeymap,
    ]),
  ]
}

/** @param {Record<string, string>} labels those of CodeMirror stand under "phrase." */
export function phrases(labels) {
  const own = Object.entries(labels).filter(([name]) => name.startsWith("phrase."))
  return EditorState.phrases.of(Object.fromEntries(own.map(([name, text]) => [name.slice("phrase.".length), text])))
}
