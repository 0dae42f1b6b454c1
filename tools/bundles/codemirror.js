// What the code editor needs of CodeMirror: `npm run bundle` makes one module of it, which is served with the stage's own.

export { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete"
export { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands"
export { pythonLanguage } from "@codemirror/lang-python"
export {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  LanguageSupport,
  syntaxHighlighting,
  syntaxTree,
  syntaxTreeAvailable,
} from "@codemirror/language"
export { forEachDiagnostic, lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint"
export { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search"
export {
  Annotation,
  Compartment,
  EditorState,
  Prec,
  RangeSet,
  StateEffect,
  StateField,
  Transaction,
} from "@codemirror/state"
export {
  Decoration,
  drawSelection,
  EditorView,
  GutterMarker,
  gutterLineClass,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  ViewPlugin,
  WidgetType,
} from "@codemirror/view"
export { tags } from "@lezer/highlight"
