/**
 * The slug of a story that readers never had follows its headline, until somebody writes a
 * slug of their own; emptied, it follows again. (The admin's own script fills in only a slug
 * that was empty when the form was shown.)
 */
const slug = document.querySelector("#id_slug[data-follows]")
if (slug) {
  const headline = document.getElementById(slug.dataset.follows)
  const made = () => window.URLify(headline.value, slug.maxLength, true)
  let follows = !slug.value || slug.value === made()
  slug.addEventListener("input", () => {
    follows = !slug.value
  })
  headline.addEventListener("input", () => {
    if (!follows) return
    slug.value = made()
    slug.dispatchEvent(new Event("change", { bubbles: true }))
  })
}
