/**
 * Suggests related reads for the story as it is typed now, each with its reason and taken
 * with one click; and says beside a row that readers would not find what it has chosen.
 */
import { make } from "./page.js"

const { gettext, interpolate } = window
const PAUSE = 300

function begin(group, address) {
  const $ = window.django.jQuery
  const heading = make("h3", { textContent: gettext("Suggestions") })
  const list = make("ul")
  const news = make("p", { className: "visually-hidden", role: "status" })
  const panel = make("div", { className: "suggestions", hidden: true }, [heading, list, news])
  group.append(panel)

  const rows = () => [...group.querySelectorAll("tr.form-row:not(.empty-form)")]
  const isDeleted = (row) => row.querySelector("[name$=-DELETE]")?.checked
  const valueOf = (row, name) => row.querySelector(`[name$=-${name}]`).value.trim()

  function question() {
    const asked = new URLSearchParams()
    asked.set("article", group.querySelector(".empty-form [name$=-article]").value)
    asked.set("series", document.getElementById("id_series")?.value ?? "")
    const tags = document.getElementById("id_tags")?.selectedOptions ?? []
    for (const tag of tags) asked.append("tags", tag.value)
    for (const row of rows()) {
      if (isDeleted(row)) continue
      for (const name of ["story", "url"]) {
        if (valueOf(row, name)) asked.append(name, valueOf(row, name))
      }
    }
    return asked.toString()
  }

  function warn(warnings) {
    for (const row of rows()) {
      for (const [name, key] of [
        ["story", `story:${valueOf(row, "story")}`],
        ["url", valueOf(row, "url")],
      ]) {
        const cell = row.querySelector(`.field-${name}`)
        let warning = cell.querySelector(".row-warning")
        if (!warning) {
          warning = make("p", { className: "row-warning", role: "status" })
          cell.append(warning)
        }
        warning.textContent = warnings[key] ?? ""
      }
    }
  }

  function take(suggestion) {
    group.querySelector(".add-row a").click()
    const story = rows().at(-1).querySelector("[name$=-story]")
    story.append(new Option(suggestion.headline, suggestion.id, true, true))
    $(story).trigger("change")
    story.dispatchEvent(new Event("change", { bubbles: true }))
    news.textContent = interpolate(gettext("Taken: %s"), [suggestion.headline])
  }

  function offer(suggestions) {
    const here = [...list.querySelectorAll("button")].indexOf(document.activeElement)
    list.replaceChildren(
      ...suggestions.map((suggestion) => {
        const id = `suggestion-${suggestion.id}`
        const button = make("button", {
          type: "button",
          textContent: suggestion.headline,
          "aria-label": interpolate(gettext("Take “%s”"), [suggestion.headline]),
          "aria-describedby": id,
          onclick: () => take(suggestion),
        })
        const reason = `${suggestion.reason} · ${suggestion.day}`
        return make("li", {}, [button, " ", make("span", { id, textContent: reason })])
      }),
    )
    panel.hidden = !suggestions.length
    if (here < 0) return
    // Who takes one with the keyboard goes on with the one that moved up into its place.
    const buttons = list.querySelectorAll("button")
    const next = buttons[Math.min(here, buttons.length - 1)] ?? group.querySelector(".add-row a")
    next.focus()
  }

  let asked = null
  let timer = 0
  async function look() {
    const now = question()
    if (now === asked) return
    asked = now
    const response = await fetch(`${address}?${now}`)
    // What was typed meanwhile has asked again.
    if (!response.ok || now !== asked) return
    const { suggestions, warnings } = await response.json()
    if (now !== asked) return
    warn(warnings)
    offer(suggestions)
  }
  const lookSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(look, PAUSE)
  }
  group.addEventListener("input", lookSoon)
  // The admin's autocomplete fields tell of a change through jQuery alone.
  $(group).on("change", lookSoon)
  $("#id_tags, #id_series").on("change", lookSoon)
  document.addEventListener("formset:removed", lookSoon)
  look()
}

const group = document.getElementById("related_reads-group")
const address = group?.querySelector(".empty-form [data-related-reads]")?.dataset.relatedReads
if (address) begin(group, address)
