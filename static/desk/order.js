/**
 * Puts the rows of a tabular inline in order, where its model has a "position": a handle to
 * drag them by, with mouse, pen or finger, and two buttons for the keyboard. The numbers
 * are still what is posted; people see them only where this does not run.
 *
 * The admin's own script numbers the rows' names by their place in the table when one is
 * taken out, and the stored rows must keep the first numbers: for that moment the rows stand
 * in the order of their names.
 */
import { make } from "./page.js"

const { gettext, interpolate } = window

const positionOf = (row) => row.querySelector("[name$=-position]")
const numberOf = (row) => Number(row.id.match(/\d+$/))
const rowsOf = (table) => [...table.querySelectorAll("tbody > tr.form-row:not(.empty-form)")]

/** A row, and the row of errors that the admin puts before it. */
function withErrors(row) {
  const before = row.previousElementSibling
  return before?.matches(".row-form-errors") ? [before, row] : [row]
}

function sort(table, rank) {
  const end = table.querySelector("tbody > tr.empty-form, tbody > tr.add-row")
  const sorted = rowsOf(table).sort((one, other) => rank(one) - rank(other))
  for (const row of sorted) {
    for (const part of withErrors(row)) table.tBodies[0].insertBefore(part, end)
  }
}

const sortByPosition = (table) => sort(table, (row) => Number(positionOf(row).value))

/** What a row is called: what is chosen or typed in it, or else its place. */
function nameOf(row) {
  for (const field of row.querySelectorAll("td:not(.original) :is(select, input:not([type=hidden]))")) {
    if (field.matches("[name$=-position], [name$=-role], [type=checkbox]")) continue
    const words = field.matches("select") ? field.selectedOptions[0]?.text : field.value
    if (words?.trim() && field.value) return words.trim()
  }
  const place = rowsOf(row.closest("table")).indexOf(row) + 1
  return interpolate(gettext("Row %s"), [place])
}

function nameButtons(table) {
  const rows = rowsOf(table)
  for (const [place, row] of rows.entries()) {
    const [up, down] = row.querySelectorAll(".order-tools button")
    up.ariaLabel = interpolate(gettext("Move up: %s"), [nameOf(row)])
    down.ariaLabel = interpolate(gettext("Move down: %s"), [nameOf(row)])
    // Not disabled: a button that is would lose the focus when its row arrives at an end.
    up.ariaDisabled = String(place === 0)
    down.ariaDisabled = String(place === rows.length - 1)
  }
}

function writePositions(table) {
  const rows = rowsOf(table)
  for (const [place, row] of rows.entries()) positionOf(row).value = place + 1
  nameButtons(table)
  for (const row of rows) {
    positionOf(row).dispatchEvent(new Event("change", { bubbles: true }))
  }
}

function say(table, words) {
  table.closest(".inline-group").querySelector(".order-news").textContent = words
}

function sayPlace(row) {
  const rows = rowsOf(row.closest("table"))
  const place = rows.indexOf(row) + 1
  say(
    row.closest("table"),
    interpolate(gettext("%s is now number %s of %s."), [nameOf(row), place, rows.length]),
  )
}

/** Let a row change places with its neighbour, which is moved: so the row keeps the focus. */
function step(row, by) {
  const rows = rowsOf(row.closest("table"))
  const neighbour = rows[rows.indexOf(row) + by]
  if (!neighbour) return false
  if (by < 0) row.after(...withErrors(neighbour))
  else withErrors(row)[0].before(...withErrors(neighbour))
  return true
}

function drag(row, handle, event) {
  if (event.button) return
  event.preventDefault()
  const table = row.closest("table")
  const before = rowsOf(table)
  row.classList.add("is-dragged")
  handle.setPointerCapture(event.pointerId)

  const follow = (moved) => {
    const rows = rowsOf(table)
    const place = rows.indexOf(row)
    const middle = (each) => {
      const box = each.getBoundingClientRect()
      return box.top + box.height / 2
    }
    if (place > 0 && moved.clientY < middle(rows[place - 1])) step(row, -1)
    else if (place < rows.length - 1 && moved.clientY > middle(rows[place + 1])) step(row, 1)
  }
  const end = (taken) => {
    row.classList.remove("is-dragged")
    handle.removeEventListener("pointermove", follow)
    handle.removeEventListener("pointerup", drop)
    handle.removeEventListener("pointercancel", giveUp)
    document.removeEventListener("keydown", giveUpOnEscape, true)
    if (!taken) sort(table, (each) => before.indexOf(each))
    else if (rowsOf(table).some((each, place) => each !== before[place])) {
      writePositions(table)
      sayPlace(row)
    }
  }
  const drop = () => end(true)
  const giveUp = () => end(false)
  const giveUpOnEscape = (pressed) => {
    if (pressed.key !== "Escape") return
    pressed.stopPropagation()
    giveUp()
  }
  handle.addEventListener("pointermove", follow)
  handle.addEventListener("pointerup", drop)
  handle.addEventListener("pointercancel", giveUp)
  document.addEventListener("keydown", giveUpOnEscape, true)
}

function addTools(row) {
  const handle = make("span", {
    className: "order-handle",
    title: gettext("Drag to order"),
    textContent: "⠿",
    "aria-hidden": "true",
    onpointerdown: (event) => drag(row, handle, event),
  })
  const buttons = [["↑", -1], ["↓", 1]].map(([sign, by]) =>
    make("button", {
      type: "button",
      textContent: sign,
      onclick: () => {
        if (step(row, by)) writePositions(row.closest("table"))
        sayPlace(row)
      },
    }),
  )
  row.querySelector("td.original").append(make("div", { className: "order-tools" }, [handle, ...buttons]))
}

function begin(group) {
  const table = group.querySelector("table")
  table.classList.add("is-ordered")
  group.append(make("p", { className: "order-news visually-hidden", role: "status" }))
  rowsOf(table).forEach(addTools)
  // A form that comes back with errors has its stored rows first, whatever their order was.
  sortByPosition(table)
  nameButtons(table)

  group.addEventListener("formset:added", (event) => {
    const others = rowsOf(table).filter((row) => row !== event.target)
    const last = Math.max(0, ...others.map((row) => Number(positionOf(row).value)))
    positionOf(event.target).value = last + 1
    addTools(event.target)
    nameButtons(table)
  })
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.(".inline-deletelink")
      if (link && group.contains(link)) sort(table, numberOf)
    },
    true,
  )
  // The admin's script says that a row is out before it numbers the others.
  document.addEventListener("formset:removed", () =>
    queueMicrotask(() => {
      sortByPosition(table)
      nameButtons(table)
    }),
  )
  // The admin's autocomplete fields tell of a change through jQuery alone.
  window.django.jQuery(table).on("change", () => nameButtons(table))
}

for (const group of document.querySelectorAll(".inline-group[data-inline-type=tabular]")) {
  if (group.querySelector("td.field-position [name$=-position]")) begin(group)
}
