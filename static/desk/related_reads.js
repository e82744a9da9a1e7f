/**
 * Suggests related reads for the story as it is typed now, each with its reason and taken
 * with one click; and says beside a row that readers would not find what it has chosen.
 */
const { gettext, interpolate } = window
const PAUSE = 300

function begin(group, address) {
  const $ = window.django.jQuery
  const panel = document.createElement("div")
  panel.className = "suggestions"
  const heading = document.createElement("h3")
  heading.textContent = gettext("Suggestions")
  const list = document.createElement("ul")
  const news = document.createElement("p")
  news.className = "visually-hidden"
  news.setAttribute("role", "status")
  panel.append(heading, list, news)
  panel.hidden = true
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
          warning = document.createElement("p")
          warning.className = "row-warning"
          warning.setAttribute("role", "status")
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
        const item = document.createElement("li")
        const button = document.createElement("button")
        button.type = "button"
        button.textContent = suggestion.headline
        button.ariaLabel = interpolate(gettext("Take “%s”"), [suggestion.headline])
        button.addEventListener("click", () => take(suggestion))
        const reason = document.createElement("span")
        reason.id = `suggestion-${suggestion.id}`
        reason.textContent = `${suggestion.reason} · ${suggestion.day}`
        button.setAttribute("aria-describedby", reason.id)
        item.append(button, " ", reason)
        return item
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
