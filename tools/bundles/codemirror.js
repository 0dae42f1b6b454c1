// What the code editor needs of CodeMirror: `tools/bundles.mjs` makes one module of it, which is served with the stage's own.

export { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete"
export { defaultKeymap, history, historyKeymap, indentLess, indentMore, isolateHistory } from "@codemirror/commands"
export { pythonLanguage } from "@codemirror/lang-python"
export {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language"
export { lintGutter, lintKeymap, openLintPanel, setDiagnostics } from "@codemirror/lint"
export { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search"
export {
  Compartment,
  EditorSelection,
  EditorState,
  Prec,
  RangeSet,
  StateEffect,
  StateField,
} from "@codemirror/state"
export {
  Decoration,
  drawSelection,
  EditorView,
  GutterMarker,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  showTooltip,
} from "@codemirror/view"
export { tags } from "@lezer/highlight"
