/** One click makes a story of the list of the newest a lead story. */
const group = document.querySelector("#front_page_picks-group")
const newest = document.querySelectorAll("[data-lead]")

const selects = () =>
  [...group.querySelectorAll("tr.form-row:not(.empty-form) select[name$=-article]")].filter(
    (select) => !select.closest("tr").querySelector("[name$=-DELETE]")?.checked,
  )

/** What leads already cannot be chosen again. */
function mark() {
  const chosen = new Set(selects().map((select) => select.value))
  for (const button of newest) button.disabled = chosen.has(button.dataset.lead)
}

function lead(button) {
  let select = selects().find((each) => !each.value)
  if (!select) {
    group.querySelector(".add-row a, .add-row button")?.click()
    select = selects().find((each) => !each.value)
  }
  // The most that a front page holds is reached.
  if (!select) return
  select.append(new Option(button.dataset.headline, button.dataset.lead, true, true))
  window.django.jQuery(select).trigger("change")
  mark()
  const next = [...newest].find((each) => !each.disabled)
  next?.focus()
}

if (group) {
  for (const button of newest) {
    button.hidden = false
    button.addEventListener("click", () => lead(button))
  }
  window.django.jQuery(group).on("change", mark)
  document.addEventListener("formset:removed", mark)
  mark()
}
