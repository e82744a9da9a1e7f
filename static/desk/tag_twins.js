/**
 * Points out close twins of a tag while it is typed: in a tag's own form, and in a story's
 * tag field, where one click takes the tag that there is.
 *
 * Such a field names in data-twins the address to ask, in data-tag the tag that it is of.
 */
import { make } from "./page.js"

const PAUSE = 300

async function ask(field, name) {
  const query = new URLSearchParams({ name, tag: field.dataset.tag ?? "" })
  const answer = await fetch(`${field.dataset.twins}?${query}`)
  return answer.ok ? (await answer.json()).twins : []
}

const line = (twin, way) => make("p", {}, [twin.words, " ", way])

/** In a tag's own form: the other tag is a link away. */
function watchName(hint, field) {
  let waiting
  field.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(async () => {
      const name = field.value
      const twins = name.trim() ? await ask(field, name) : []
      if (field.value !== name) return
      hint.replaceChildren(
        ...twins.map((twin) =>
          line(twin, make("a", { href: twin.address, textContent: twin.look })),
        ),
      )
    }, PAUSE)
  })
}

/** In a story's form: the new tag gives way to the other one. */
function watchTags(hint, select) {
  const { jQuery } = window.django
  const typed = ({ name }) => [...select.options].find((option) => option.value === name)

  function take(name, twin) {
    typed({ name })?.remove()
    const there = typed(twin)
    if (there) there.selected = true
    else select.append(new Option(twin.name, twin.name, true, true))
    jQuery(select).trigger("change")
    hint.querySelectorAll("p").forEach((p) => p.dataset.typed === name && p.remove())
    jQuery(select).select2("focus")
  }

  jQuery(select).on("select2:select", async (event) => {
    const name = event.params.data.id
    for (const twin of await ask(select, name)) {
      if (!typed({ name })?.selected) return
      const button = make("button", {
        type: "button",
        className: "button",
        textContent: twin.take,
        onclick: () => take(name, twin),
      })
      const p = line(twin, button)
      p.dataset.typed = name
      hint.append(p)
    }
  })
  jQuery(select).on("select2:unselect", (event) => {
    hint
      .querySelectorAll("p")
      .forEach((p) => p.dataset.typed === event.params.data.id && p.remove())
  })
}

for (const field of document.querySelectorAll("[data-twins]")) {
  const hint = make("div", { className: "twin-hint", role: "status" })
  field.closest(".form-row").append(hint)
  if (field.matches("select")) watchTags(hint, field)
  else watchName(hint, field)
}
