/** A picture's own page: the focal point by click and by keys, with the crops as they will be. */
import { fill } from "./page.js"
import { guardAgainstDrops } from "./uploads.js"

const gettext = window.gettext ?? ((text) => text)
const page = document.querySelector(".focal-point")
const fields = { x: document.querySelector("#id_focal_x"), y: document.querySelector("#id_focal_y") }
const STEPS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] }

const percent = (axis) => Math.min(Math.max(Math.round(Number(fields[axis].value) || 0), 0), 100)

/** The largest box of a ratio, as near to the focal point as edges allow: newsroom.images.crop_box. */
function cropBox(width, height, ratio, x, y) {
  const boxWidth = Math.min(width, Math.round(height * ratio))
  const boxHeight = Math.min(height, Math.round(width / ratio))
  const left = Math.min(Math.max(Math.round(width * x - boxWidth / 2), 0), width - boxWidth)
  const top = Math.min(Math.max(Math.round(height * y - boxHeight / 2), 0), height - boxHeight)
  return [left, top, boxWidth, boxHeight]
}

function followFocalPoint() {
  const frame = page.querySelector(".focal-picture")
  const picture = frame.querySelector("img")
  const marker = frame.querySelector(".focal-marker")
  const crops = [...page.querySelectorAll(".focal-crops img")].map((image) => {
    const ratio = Number(image.dataset.ratio)
    const canvas = document.createElement("canvas")
    canvas.height = 240
    canvas.width = Math.round(240 * ratio)
    canvas.setAttribute("aria-hidden", "true")
    image.replaceWith(canvas)
    return { canvas, ratio }
  })

  const show = () => {
    const [x, y] = [percent("x"), percent("y")]
    marker.style.left = `${x}%`
    marker.style.top = `${y}%`
    const words = gettext("Focal point: %(x)s percent from the left, %(y)s percent from the top.")
    marker.setAttribute("aria-label", fill(words, { x, y }))
    if (!picture.complete || !picture.naturalWidth) return
    const scale = picture.naturalWidth / Number(page.dataset.width)
    for (const { canvas, ratio } of crops) {
      const { width, height } = page.dataset
      const box = cropBox(Number(width), Number(height), ratio, x / 100, y / 100)
      canvas
        .getContext("2d")
        .drawImage(picture, ...box.map((side) => side * scale), 0, 0, canvas.width, canvas.height)
    }
  }
  const set = (axis, value) => {
    fields[axis].value = Math.min(Math.max(Math.round(value), 0), 100)
    fields[axis].dispatchEvent(new Event("input", { bubbles: true }))
  }
  const setFromPointer = (event) => {
    const box = picture.getBoundingClientRect()
    set("x", ((event.clientX - box.left) / box.width) * 100)
    set("y", ((event.clientY - box.top) / box.height) * 100)
  }

  frame.addEventListener("pointerdown", (event) => {
    event.preventDefault()
    frame.setPointerCapture(event.pointerId)
    setFromPointer(event)
    marker.focus()
  })
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) setFromPointer(event)
  })
  marker.addEventListener("keydown", (event) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    set(step[0], percent(step[0]) + step[1] * (event.shiftKey ? 10 : 1))
  })
  for (const field of Object.values(fields)) field.addEventListener("input", show)
  picture.addEventListener("load", show)
  marker.hidden = false
  page.querySelector(".focal-hint").hidden = false
  show()
}

/** Ask before live stories get another file: sent and refused, the file would have to be chosen again. */
function askBeforeReplacing() {
  const file = document.querySelector("input.replacement")
  const agreed = document.querySelector("#id_replace_live")
  const count = Number(page.dataset.liveStories)
  if (!file || !agreed) return
  const row = agreed.closest(".form-row")
  row.hidden = !count
  if (!count) return
  const question = document.createElement("p")
  question.className = "errornote"
  question.setAttribute("role", "alert")
  file.form.addEventListener("submit", (event) => {
    if (!file.files.length || agreed.checked) return
    event.preventDefault()
    const sentence = window.ngettext
      ? window.ngettext(
          "%(count)s live story shows this picture: tick below to replace it for readers at once.",
          "%(count)s live stories show this picture: tick below to replace it for readers at once.",
          count,
        )
      : ""
    question.textContent = fill(sentence, { count: page.dataset.inFigures })
    row.before(question)
    agreed.focus()
  })
}

guardAgainstDrops()
if (fields.x && fields.y) followFocalPoint()
askBeforeReplacing()
