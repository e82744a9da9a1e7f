/** The words of one picture: title, alt text, credit and caption. */
import { csrfToken, make } from "./page.js"

const TIMEOUT = 10_000 // milliseconds
const gettext = window.gettext ?? ((text) => text)

/** The words of one picture, saved without leaving the page. */
export class WordsForm {
  static count = 0

  constructor(address, image, onChange) {
    this.address = address
    this.image = image
    this.onChange = onChange
    this.isDirty = false
    this.prefix = `words-${++WordsForm.count}`
    this.fields = Object.fromEntries(
      ["title", "alt_text", "credit", "caption"].map((name) => [
        name,
        make(name === "alt_text" || name === "caption" ? "textarea" : "input", {
          id: `${this.prefix}-${name}`,
          value: image[name],
          rows: 2,
        }),
      ]),
    )
    this.pending = make("p", { className: "lacks" })
    this.status = make("p", { className: "quiet", role: "status" })
    this.element = make("form", { className: "picture-words", noValidate: true }, [
      this.row("title", gettext("Title")),
      this.row("alt_text", gettext("Alt text: what the picture shows")),
      this.row("credit", gettext("Credit")),
      this.row("caption", gettext("Caption")),
      this.pending,
      make("p", {}, [make("button", { className: "button", textContent: gettext("Save words") })]),
      this.status,
    ])
    this.element.addEventListener("input", () => {
      this.isDirty = true
      this.status.textContent = ""
      this.showPending()
    })
    this.element.addEventListener("submit", (event) => {
      event.preventDefault()
      this.save()
    })
    this.showPending()
  }

  row(name, label) {
    const field = this.fields[name]
    const error = make("span", { className: "word-error lacks", id: `${field.id}-error`, hidden: true })
    field.setAttribute("aria-describedby", error.id)
    return make("p", {}, [make("label", { htmlFor: field.id, textContent: label }), field, error])
  }

  showPending() {
    const lacks = {
      alt_text: gettext("No alt text yet: no story with this picture can be published."),
      credit: gettext("No credit yet."),
    }
    const sentences = Object.keys(lacks).filter((name) => !this.fields[name].value.trim())
    this.pending.textContent = sentences.map((name) => lacks[name]).join(" ")
    this.pending.hidden = !sentences.length
  }

  /** Save what was typed; resolve with whether it is stored. */
  async save() {
    const body = new FormData()
    for (const [name, field] of Object.entries(this.fields)) body.append(name, field.value)
    let answer
    try {
      const response = await fetch(this.address, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT),
      })
      answer = await response.json()
    } catch {
      this.status.textContent = gettext(
        "Not saved: the desk cannot be reached, or you are signed out. Your words are still here.",
      )
      return false
    }
    for (const [name, field] of Object.entries(this.fields)) {
      const error = this.element.querySelector(`#${field.id}-error`)
      error.textContent = (answer.errors?.[name] ?? []).join(" ")
      error.hidden = !error.textContent
      field.toggleAttribute("aria-invalid", !error.hidden)
    }
    if (answer.errors) {
      this.status.textContent = gettext("Not saved yet: see above.")
      return false
    }
    this.isDirty = false
    this.image = answer.image
    this.status.textContent = gettext("Saved.")
    this.onChange()
    return true
  }
}
