/**
 * What the admin's widgets lack for people who use a keyboard or a screen reader:
 * names for autocomplete fields, for the editor and for the headless column of inline
 * rows, and one tab stop for the editor's whole menu.
 */
const { gettext = (words) => words } = window

/** The words that a sighted person reads as a field's name: its label's, or its column's. */
function nameOf(field) {
  const row = field.closest(".inline-related tr.form-row")
  if (row && field.name.endsWith("-DELETE")) return gettext("Delete")
  // The two halves of a moment, "noted_at_0" and "noted_at_1", share one label.
  const half = field.name.match(/_([01])$/)
  const whole = field.name.replace(/_[01]$/, "")
  const label = row
    ? row.closest("table").querySelector(`.column-${whole.replace(/^.*-/, "")}`)
    : (field.labels?.[0] ?? document.querySelector(`label[for="id_${whole}"]`) ??
      field.closest(".flex-container")?.querySelector("label"))
  const words = label?.textContent.trim().replace(/:$/, "")
  if (!words || !field.matches(".vDateField, .vTimeField")) return words
  return `${words}: ${half[1] === "0" ? gettext("Date") : gettext("Time")}`
}

function nameFields(root) {
  const fields = ".inline-related td :is(input, select, textarea), .vDateField, .vTimeField"
  for (const field of root.querySelectorAll(fields)) {
    if (field.type === "hidden" || field.ariaLabel || field.labels?.length) continue
    const name = nameOf(field)
    if (name) field.ariaLabel = name
  }
}

function nameSelects(root) {
  for (const select of root.querySelectorAll("select.select2-hidden-accessible")) {
    const name = nameOf(select)
    const widget = select.nextElementSibling
    if (!name || !widget?.matches(".select2")) continue
    for (const part of widget.querySelectorAll(
      "[role=combobox], [role=textbox], [role=searchbox]",
    )) {
      if (part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name)
    }
  }
  for (const search of document.querySelectorAll(".select2-dropdown [role=searchbox]")) {
    search.ariaLabel ||= gettext("Search")
  }
}

function nameEditors(root) {
  for (const text of root.querySelectorAll(".prose-editor > [role=textbox]:not([aria-label])")) {
    const name = nameOf(text.parentElement.querySelector(":scope > textarea"))
    if (name) text.setAttribute("aria-label", name)
  }
}

function nameColumns(root) {
  for (const head of root.querySelectorAll(".inline-related th.original:empty")) {
    const name = document.createElement("span")
    name.className = "visually-hidden"
    name.textContent = gettext("Row")
    head.append(name)
  }
}

/** A toolbar (ARIA Authoring Practices): Tab passes it in one step, arrows move in it. */
function makeToolbar(menu) {
  const buttons = () =>
    [...menu.querySelectorAll("button, [tabindex], [role=button]")].filter((button) =>
      button.checkVisibility(),
    )
  const enter = (button) => {
    for (const each of buttons()) each.tabIndex = each === button ? 0 : -1
  }
  const first = buttons()[0]
  if (!first) return
  menu.setAttribute("role", "toolbar")
  menu.setAttribute("aria-label", gettext("Formatting"))
  enter(first)
  menu.addEventListener("focusin", (event) => {
    const button = event.target.closest("button, [tabindex], [role=button]")
    if (button) enter(button)
  })
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const all = buttons()
    const here = all.indexOf(document.activeElement)
    if (!step || here < 0) return
    event.preventDefault()
    const onward = document.dir === "rtl" ? -step : step
    all[(here + onward + all.length) % all.length].focus()
  })
}

function mend(root) {
  nameFields(root)
  nameSelects(root)
  nameEditors(root)
  nameColumns(root)
  for (const menu of document.querySelectorAll(".prose-menubar:not([role]):not(:empty)")) {
    makeToolbar(menu)
  }
}

let waiting = false
new MutationObserver(() => {
  if (waiting) return
  waiting = true
  requestAnimationFrame(() => {
    waiting = false
    mend(document)
  })
}).observe(document.documentElement, { childList: true, subtree: true })
mend(document)
