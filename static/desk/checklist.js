/** A line of the checklist leads to its field: to where one types or chooses, not just near it. */
document.getElementById("checklist")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']")
  const field = link && document.getElementById(link.hash.slice(1))
  if (!field) return
  event.preventDefault()
  const place =
    [
      field.closest(".prose-editor")?.querySelector(".ProseMirror"),
      field.matches(".select2-hidden-accessible") &&
        field.nextElementSibling.querySelector("[role=combobox], [role=searchbox]"),
      field.matches("input, select, textarea") && field,
      field.querySelector("[role=combobox]:not(.empty-form *), .add-row a"),
    ].find(Boolean) ?? field
  field.closest("details")?.setAttribute("open", "")
  place.scrollIntoView({ block: "center" })
  place.focus({ preventScroll: true })
})
