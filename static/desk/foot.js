/** The line under the body: how long it is, and what helps to write. */
const { gettext = (words) => words } = window

const row = document.querySelector(".form-row.field-body")

/** The line; null where the body cannot be written in. */
export const foot = row?.querySelector("textarea") ? document.createElement("div") : null

if (foot) {
  foot.className = "writing-foot"
  foot.setAttribute("role", "group")
  foot.setAttribute("aria-label", gettext("Writing"))
  row.append(foot)
}

/** Add a button to the line. */
export function addButton(words, onclick) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    textContent: words,
    onclick,
  })
  foot.append(button)
  return button
}
