/**
 * The form's buttons by keyboard. A shortcut presses the real button, so that what may be
 * done, and what it needs first, is the server's to say.
 */
import { addButton, foot } from "./foot.js"
import { make } from "./page.js"

const { gettext = (words) => words } = window
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
const form = document.querySelector(".change-form form[id$=_form]")

// Neither a browser nor the editor has a use for these (Ctrl+Enter is the editor's line break).
const SHORTCUTS = [
  { key: "s", words: gettext("Save"), press: () => button("_continue") },
  { key: "Enter", shift: true, words: gettext("Preview"), press: () => button("_preview") },
  { key: "Enter", alt: true, words: gettext("Publish"), press: () => button("_publish") },
  {
    key: "f",
    shift: true,
    words: gettext("Write in full screen, and leave it"),
    press: () => document.getElementById("full-screen-button"),
  },
]
const IN_THE_EDITOR = [
  [{ key: "b" }, gettext("Bold")],
  [{ key: "i" }, gettext("Italic")],
  [{ key: "k" }, gettext("Link")],
  [{ key: "Enter" }, gettext("Line break")],
  [{ key: "z" }, gettext("Undo; right after a quotation mark or a dash turned, as it was typed")],
  [{ key: "z", shift: true }, gettext("Redo")],
]

const button = (name) => form.querySelector(`[type=submit][name=${name}]`)

function isPressed(event, { key, shift = false, alt = false }) {
  const isMod = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
  // On a keyboard of another script, the key in the letter's place.
  const isKey =
    event.key.toLowerCase() === key.toLowerCase() ||
    (key.length === 1 && /[^\x00-\x7f]/.test(event.key) && event.code === `Key${key.toUpperCase()}`)
  return isMod && isKey && event.shiftKey === shift && event.altKey === alt
}

/** The keys of a shortcut, as they are written on the keyboard. */
function keysOf({ key, shift, alt }) {
  const names = isMac ? ["⌘", "⇧", "⌥", "↩"] : [gettext("Ctrl"), gettext("Shift"), gettext("Alt"), gettext("Enter")]
  const last = key === "Enter" ? names[3] : key.toUpperCase()
  return [names[0], shift && names[1], alt && names[2], last].filter(Boolean)
}

function rowOf(keys, words) {
  const caps = keys.flatMap((key) => [make("kbd", { textContent: key }), " "])
  return [make("dt", {}, caps), make("dd", { textContent: words })]
}

function showShortcuts() {
  const available = SHORTCUTS.filter(({ press }) => press())
  const rows = [
    ...available.flatMap((each) => rowOf(keysOf(each), each.words)),
    ...IN_THE_EDITOR.flatMap(([keys, words]) => rowOf(keysOf(keys), words)),
    ...rowOf(["?"], gettext("This list, outside of the texts")),
  ]
  const id = "shortcuts-title"
  const dialog = make("dialog", { className: "shortcuts-dialog", "aria-labelledby": id }, [
    make("h2", { id, textContent: gettext("Keyboard shortcuts") }),
    make("dl", {}, rows),
    make("button", {
      type: "button",
      textContent: gettext("Close"),
      onclick: () => dialog.close(),
    }),
  ])
  dialog.addEventListener("close", () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

const isText = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=submit], [type=button], [type=checkbox], [type=radio])")

if (foot) {
  // Two presses are one save: the second would meet the first as somebody else's.
  let isLeaving = false
  form.addEventListener("submit", (event) => {
    // Whoever else listens has spoken by then.
    setTimeout(() => {
      isLeaving = !event.defaultPrevented
    })
    // Still here: the page that was asked for never came.
    setTimeout(() => {
      isLeaving = false
    }, 5000)
  })
  window.addEventListener("pageshow", () => {
    isLeaving = false
  })
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || document.querySelector("dialog[open]")) return
      if (event.key === "?" && !event.ctrlKey && !event.metaKey && !isText(event.target)) {
        event.preventDefault()
        showShortcuts()
        return
      }
      const shortcut = SHORTCUTS.find((each) => isPressed(event, each))
      const pressed = shortcut?.press()
      if (!pressed) return
      event.preventDefault()
      event.stopPropagation()
      if (!event.repeat && !isLeaving) pressed.click()
    },
    // Before the editor, which has the caret.
    true,
  )
  addButton(gettext("Keyboard shortcuts (?)"), showShortcuts)
}
