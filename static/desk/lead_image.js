/** The lead image's field: a button that opens the library, and the crops readers will get. */
import { make } from "./page.js"
import { choosePictures } from "./picture_dialog.js"
import { guardAgainstDrops } from "./uploads.js"

const gettext = window.gettext ?? ((text) => text)
const CROPS = { wide: gettext("Wide"), square: gettext("Square"), portrait: gettext("Portrait") }

function beside(select) {
  const { library } = select.dataset
  const shown = make("div", { className: "lead-image" })
  const button = make("button", {
    type: "button",
    className: "button choose-lead-image",
    textContent: gettext("Choose picture…"),
  })

  const show = async () => {
    const asked = select.value
    let image = null
    try {
      if (asked) image = (await (await fetch(`${library}${asked}/words/`)).json()).image
    } catch {
      // The field itself still says which picture it is.
    }
    if (asked !== select.value) return
    shown.replaceChildren(...(image ? describe(image) : []))
  }
  button.addEventListener("click", async () => {
    const [image] = await choosePictures(library, { isSingle: true })
    button.focus()
    if (!image) return
    if (![...select.options].some((option) => option.value === String(image.id))) {
      select.append(new Option(image.title, image.id))
    }
    select.value = image.id
    select.dispatchEvent(new Event("change", { bubbles: true }))
  })
  // The admin's own widgets tell of a choice through jQuery alone.
  window.django.jQuery(select).on("change", show)
  const field = select.closest(".related-widget-wrapper")
  field.append(button)
  field.closest(".form-row").append(shown)
  show()
}

function describe(image) {
  const words = [image.credit || gettext("No credit"), image.alt_text || gettext("No alt text")]
  return [
    make(
      "ul",
      { className: "focal-crops" },
      Object.entries(CROPS).map(([crop, label]) =>
        make("li", {}, [
          make("img", { src: image.crops[crop], alt: "" }),
          make("span", { textContent: label }),
        ]),
      ),
    ),
    make("p", {}, [
      make("a", { href: image.address, target: "_blank", textContent: image.title }),
      make("span", { className: "quiet", textContent: ` ${words.join(" · ")}` }),
    ]),
  ]
}

guardAgainstDrops()
const select = document.querySelector("select#id_lead_image[data-library]")
if (select) beside(select)
