import { Extension, InputRule } from "django-prose-editor/editor"

/**
 * Turns straight quotes, hyphens and full stops into the newsroom's quotes, dashes and
 * ellipses while they are typed: in the body and in the form's other texts.
 *
 * What is pasted stays as it is. Backspace or one undo gives back what was typed.
 */
export const SmartQuotes = Extension.create({
  name: "smartQuotes",
  // Before the history's own undo.
  priority: 1000,

  addOptions: () => ({
    language: "en",
    fields: "#id_headline, #id_standfirst, #id_lead_image_caption, textarea[name^=corrections-]",
  }),

  addInputRules() {
    const quotes = quotesOf(this.options.language)
    return [
      new InputRule({
        find: (text) => {
          // The editor writes a line break within a paragraph this way.
          const before = text.slice(0, -1).replaceAll("%leaf%", "\n")
          const change = smarten(before, text.slice(-1), quotes)
          if (!change) return null
          const index = text.length - 1 - change.remove
          return { index, text: text.slice(index), data: change }
        },
        handler: ({ state, range, match }) => {
          state.tr.insertText(match.data.insert, range.from, range.to)
        },
      }),
    ]
  },

  addKeyboardShortcuts() {
    return { "Mod-z": () => this.editor.commands.undoInputRule() }
  },

  onCreate() {
    this.storage.forget = smartenFields(this.options.fields, quotesOf(this.options.language))
  },
  onDestroy() {
    this.storage.forget?.()
  },
})

/**
 * Outer and inner quotation marks, as Unicode's CLDR has them for each language
 * (delimiters; French inner ones as the Imprimerie nationale sets them).
 */
const QUOTES = {
  en: ["“", "”", "‘", "’"],
  bg: ["„", "“", "„", "“"],
  cs: ["„", "“", "‚", "‘"],
  da: ["“", "”", "‘", "’"],
  de: ["„", "“", "‚", "‘"],
  "de-ch": ["«", "»", "‹", "›"],
  el: ["«", "»", "“", "”"],
  es: ["«", "»", "“", "”"],
  et: ["„", "“", "‚", "‘"],
  fi: ["”", "”", "’", "’"],
  fr: ["«\u00a0", "\u00a0»", "“", "”"],
  "fr-ch": ["«", "»", "‹", "›"],
  hr: ["„", "“", "‚", "‘"],
  hu: ["„", "”", "»", "«"],
  is: ["„", "“", "‚", "‘"],
  it: ["«", "»", "“", "”"],
  lt: ["„", "“", "‚", "‘"],
  nb: ["«", "»", "‘", "’"],
  no: ["«", "»", "‘", "’"],
  pl: ["„", "”", "«", "»"],
  "pt-pt": ["«", "»", "“", "”"],
  ro: ["„", "”", "«", "»"],
  ru: ["«", "»", "„", "“"],
  sk: ["„", "“", "‚", "‘"],
  sl: ["„", "“", "‚", "‘"],
  sr: ["„", "“", "‘", "‘"],
  sv: ["”", "”", "’", "’"],
  uk: ["«", "»", "„", "“"],
}
const APOSTROPHE = "’"

export const quotesOf = (language) => {
  const tag = language.toLowerCase().replace("_", "-")
  return QUOTES[tag] ?? QUOTES[tag.split("-")[0]] ?? QUOTES.en
}

/**
 * What a typed character becomes behind the text before it: how many of the characters
 * before go with it, and what is put in their place; null if it stays what it is.
 */
export function smarten(before, typed, [open, close, openInner, closeInner]) {
  if (/:\/\/|www\./.test(before.split(/\s/).pop())) return null
  const isAtBeginning =
    /(^|[\s([{/–—-])$/.test(before) || [open, openInner].some((mark) => before.endsWith(mark))
  const isUnclosed = (opening, closing) =>
    before.lastIndexOf(opening.trim()) > before.lastIndexOf(closing.trim())
  if (typed === '"') {
    // French typists put the space before the closing mark themselves.
    if (close !== close.trim() && /\s$/.test(before) && isUnclosed(open, close)) {
      return { remove: 1, insert: close }
    }
    return { remove: 0, insert: isAtBeginning ? open : close }
  }
  if (typed === "'") {
    if (isAtBeginning) return { remove: 0, insert: openInner }
    return { remove: 0, insert: isUnclosed(openInner, closeInner) ? closeInner : APOSTROPHE }
  }
  // The ’90s begin with an apostrophe, which only the "s" gives away.
  if (typed === "s" && /(^|\s)‘\d\d$/.test(before)) {
    return { remove: 3, insert: `${APOSTROPHE}${before.slice(-2)}s` }
  }
  if (typed === "-" && /(^|[^-])-$/.test(before)) return { remove: 1, insert: "–" }
  if (typed === "-" && before.endsWith("–")) return { remove: 1, insert: "—" }
  if (typed === "." && /(^|[^.])\.\.$/.test(before)) return { remove: 2, insert: "…" }
  return null
}

/** Do the same in the form's fields that match; return the function that ends it. */
function smartenFields(fields, quotes) {
  let latest = null
  let isReplacing = false
  // The old command is the one way to write into a field that its undo knows of.
  const replace = (field, from, to, text) => {
    isReplacing = true
    field.setSelectionRange(from, to)
    document.execCommand("insertText", false, text)
    isReplacing = false
  }
  const onInput = (event) => {
    const field = event.target
    if (event.inputType === "historyUndo" && field === latest?.field) {
      // An undo selects what it brought back, and the next key would write over it.
      field.setSelectionRange(field.selectionEnd, field.selectionEnd)
    }
    if (isReplacing || event.isComposing || event.inputType !== "insertText") return
    if (!field.matches?.(fields) || event.data?.length !== 1) return
    const caret = field.selectionStart
    const before = field.value.slice(0, caret - 1)
    const change = smarten(before, event.data, quotes)
    latest = null
    if (!change) return
    const from = caret - 1 - change.remove
    const typed = field.value.slice(from, caret)
    replace(field, from, caret, change.insert)
    latest = { field, from, to: from + change.insert.length, value: field.value, typed }
  }
  const onKeydown = (event) => {
    if (event.key !== "Backspace" || event.ctrlKey || event.metaKey || event.altKey) return
    const { field, from, to, value, typed } = latest ?? {}
    latest = null
    if (field !== event.target || !field || field.value !== value) return
    if (field.selectionStart !== to || field.selectionEnd !== to) return
    event.preventDefault()
    replace(field, from, to, typed)
  }
  document.addEventListener("input", onInput)
  document.addEventListener("keydown", onKeydown)
  return () => {
    document.removeEventListener("input", onInput)
    document.removeEventListener("keydown", onKeydown)
  }
}
