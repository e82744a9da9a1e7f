/** A guest's name that has a profile is pointed out, with one click to take the profile. */
import { make } from "./page.js"

const { gettext, interpolate } = window
const GUEST = "#bylines-group [data-profiles]"
const PAUSE = 300

const waiting = new WeakMap()

async function profilesOf(field) {
  const name = field.value.trim()
  if (!name) return []
  const response = await fetch(`${field.dataset.profiles}?${new URLSearchParams({ name })}`)
  return response.ok ? (await response.json()).profiles : []
}

/** Put a profile into the row's first field and empty the typed name. */
function take(field, profile) {
  const author = field.closest("tr").querySelector("[name$=-author]")
  author.append(new Option(profile.name, profile.id, true, true))
  author.value = profile.id
  field.value = ""
  hintOf(field).replaceChildren()
  window.django.jQuery(author).trigger("change")
  author.dispatchEvent(new Event("change", { bubbles: true }))
  author.parentElement.querySelector("[role=combobox]").focus()
}

function hintOf(field) {
  let hint = field.parentElement.querySelector(".row-hint")
  if (!hint) {
    hint = make("div", { className: "row-hint", role: "status" })
    field.after(hint)
  }
  return hint
}

async function look(field) {
  const hint = hintOf(field)
  const name = field.value
  const profiles = await profilesOf(field)
  if (field.value !== name) return
  hint.replaceChildren(
    ...profiles.map((profile) => {
      const button = make("button", {
        type: "button",
        textContent: profile.job_title
          ? interpolate(gettext("Take %s, %s"), [profile.name, profile.job_title])
          : interpolate(gettext("Take %s"), [profile.name]),
        onclick: () => take(field, profile),
      })
      const words = interpolate(gettext("“%s” has a profile."), [profile.name])
      return make("p", {}, [words, " ", button])
    }),
  )
}

document.addEventListener("input", (event) => {
  const field = event.target
  if (!field.matches(GUEST)) return
  clearTimeout(waiting.get(field))
  waiting.set(field, setTimeout(() => look(field), PAUSE))
})
for (const field of document.querySelectorAll(GUEST)) if (field.value) look(field)
