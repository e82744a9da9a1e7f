/**
 * How long the headline, the standfirst and the body are.
 *
 * Where a text is cut is said in its field's data-cut-at (articles/admin/writing.py).
 */
import { foot } from "./foot.js"
import { fill, make } from "./page.js"

const {
  gettext = (words) => words,
  ngettext = (one, many, count) => (count === 1 ? one : many),
} = window

// Brysbaert, “How many words do we read per minute?” (2019): 238 for prose in English, read
// in silence. Scripts without spaces: 500 characters a minute, as Medium reckons.
// Readers are told the same (articles/reading.py).
const WORDS_A_MINUTE = 238
const CHARACTERS_A_MINUTE = 500
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

const segmenter = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "word" })
const canvas = document.createElement("canvas").getContext("2d")

/** Count words, and how many minutes they take to read (at least one, if there are any). */
export function measure(text) {
  let words = 0
  let wordsBetweenSpaces = 0
  for (const [piece] of text.matchAll(/\S+/g)) {
    if (!/[\p{L}\p{N}]/u.test(piece)) continue
    if (segmenter && piece.search(WITHOUT_SPACES) >= 0) {
      for (const { isWordLike } of segmenter.segment(piece)) words += isWordLike ? 1 : 0
    } else {
      words += 1
      wordsBetweenSpaces += 1
    }
  }
  const characters = text.match(WITHOUT_SPACES)?.length ?? 0
  const minutes = wordsBetweenSpaces / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE
  return { words, minutes: words ? Math.max(1, Math.round(minutes)) : 0 }
}

const lengthOf = (text) => [...text].length

function isCut(text, { pixels, font, characters }) {
  if (!pixels) return lengthOf(text) > characters
  canvas.font = font
  return canvas.measureText(text).width > pixels
}

/** Show below a field how many characters it has, and where it will be cut. */
function countCharacters(field) {
  const limits = JSON.parse(field.dataset.cutAt)
  const number = make("span")
  // Heard when it turns, not at every character.
  const verdict = make("span", { role: "status" })
  const id = `${field.id}_counter`
  const counter = make("p", { id, className: "counter" }, [number, " ", verdict])
  field.closest(".form-row").append(counter)
  const described = field.getAttribute("aria-describedby")
  field.setAttribute("aria-describedby", described ? `${described} ${id}` : id)

  const count = () => {
    const text = field.value.split(/\s+/).filter(Boolean).join(" ")
    const length = lengthOf(text)
    number.textContent = fill(
      ngettext("%(count)s character", "%(count)s characters", length),
      { count: length },
    )
    const places = limits.filter((limit) => isCut(text, limit)).map(({ place }) => place)
    counter.classList.toggle("is-cut", places.length > 0)
    const words = places.length
      ? fill(gettext("⚠ Too long: cut in %(places)s"), {
          places: new Intl.ListFormat(document.documentElement.lang).format(places),
        })
      : ""
    if (verdict.textContent !== words) verdict.textContent = words
  }
  field.addEventListener("input", count)
  field.addEventListener("change", count)
  count()
}

/** The words of a body: its blocks apart, and without the captions of its figures. */
function wordsOf(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html")
  for (const figure of body.querySelectorAll("figure")) figure.remove()
  for (const block of body.querySelectorAll("p, h2, h3, li, td, th, br")) block.after(" ")
  return body.textContent
}

function countWords(textarea) {
  const length = make("span", { className: "body-length" })
  foot.prepend(length)
  const count = () => {
    const { words, minutes } = measure(wordsOf(textarea.value))
    length.textContent = fill(ngettext("%(count)s word", "%(count)s words", words), {
      count: words.toLocaleString(document.documentElement.lang),
    })
    if (minutes) {
      length.textContent += ` · ${fill(
        ngettext("%(count)s minute to read", "%(count)s minutes to read", minutes),
        { count: minutes },
      )}`
    }
  }
  let waiting
  textarea.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(count, 200)
  })
  count()
}

for (const field of document.querySelectorAll("[data-cut-at]")) countCharacters(field)
if (foot) countWords(document.getElementById("id_body"))
