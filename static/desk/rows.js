/** Rows of a tabular inline say on a narrow screen, beside each field, what its column is called. */
function nameCells(row) {
  const heads = row.closest("table").querySelectorAll("thead th")
  for (const [number, cell] of [...row.cells].entries()) {
    const name = heads[number]?.textContent.trim()
    if (name && !cell.matches(".original")) cell.dataset.column = name
  }
}

for (const row of document.querySelectorAll(".tabular.inline-related tr.form-row")) nameCells(row)
document.addEventListener("formset:added", (event) => {
  if (event.target.matches(".tabular tr")) nameCells(event.target)
})
