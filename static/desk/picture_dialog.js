/** The one dialog in which pictures are chosen from the library, or put into it. */
import { fill, make } from "./page.js"
import { Uploads } from "./uploads.js"

const gettext = window.gettext ?? ((text) => text)

/**
 * Show the library; resolve with the images that were chosen, [] for none.
 *
 * `library` is the address of the library's list. `files` are uploaded at once, and nothing
 * but them is asked about then; `isSingle` takes one picture only.
 */
export function choosePictures(library, { files = [], isSingle = false } = {}) {
  return new Promise((resolve) => {
    const uploads = new Uploads(library, { isSingle, onChange: () => showUse() })
    uploads.element.hidden = !files.length
    const search = make("input", {
      type: "search",
      placeholder: gettext("Search title, alt text, caption, credit"),
      "aria-label": gettext("Search the library"),
    })
    const message = make("p", { role: "status" })
    const grid = make("div", { className: "library-grid" })
    const older = make("button", {
      type: "button",
      textContent: gettext("Look further back"),
      hidden: true,
    })
    const use = make("button", { type: "button", className: "button", hidden: true })
    const cancel = make("button", { type: "button", textContent: gettext("Cancel") })
    const heading = make("h2", {
      id: "picture-dialog-heading",
      textContent: files.length ? gettext("Put into the library") : gettext("Choose a picture"),
    })
    const dialog = make(
      "dialog",
      { className: "library-dialog", "aria-labelledby": heading.id },
      [
        heading,
        uploads.element,
        ...(files.length ? [] : [search, message, grid, older]),
        make("p", { className: "library-foot" }, [use, cancel]),
      ],
    )

    const showUse = () => {
      const count = uploads.images.length
      use.hidden = !count
      use.disabled = uploads.isBusy
      use.textContent =
        count > 1
          ? fill(gettext("Save words and use these %(count)s pictures"), { count })
          : gettext("Save words and use this picture")
    }
    use.addEventListener("click", async () => {
      use.disabled = true
      const areSaved = await uploads.saveWords()
      use.disabled = false
      if (!areSaved) return
      finish(uploads.images)
    })
    cancel.addEventListener("click", () => leave([]))

    let latest = 0
    const show = async (before = "") => {
      const asked = ++latest
      const address = new URL(`${library}library/`, window.location)
      address.searchParams.set("q", search.value)
      if (before) address.searchParams.set("before", before)
      let answer
      try {
        const response = await fetch(address, { headers: { Accept: "application/json" } })
        answer = await response.json()
      } catch {
        message.textContent = gettext(
          "The library cannot be reached. What you wrote is still here: try again in a moment.",
        )
        return
      }
      // An answer that a later question has overtaken is dropped.
      if (asked !== latest) return
      const { images, may_add } = answer
      uploads.element.hidden = !may_add
      older.hidden = !answer.older
      older.onclick = () => show(answer.older)
      message.textContent = images.length
        ? ""
        : answer.older
          ? gettext("No picture among the latest is called that.")
          : gettext("No picture is called that.")
      grid.replaceChildren(
        ...images.map((image) => {
          const lacks = image.alt_text ? [] : [make("span", { className: "lacks", textContent: gettext("No alt text") })]
          const button = make("button", { type: "button" }, [
            make("img", { src: image.thumbnail, alt: "", loading: "lazy" }),
            make("span", { textContent: image.title }),
            ...lacks,
          ])
          button.addEventListener("click", () => leave([image]))
          return button
        }),
      )
    }

    search.addEventListener("input", () => show())
    // At once, and not when the browser tells of the closing: the next click may come before.
    const finish = (images) => {
      if (!dialog.isConnected) return
      uploads.forget()
      dialog.close()
      dialog.remove()
      resolve(images)
    }
    // Whether used or not: what is uploaded stays in the library, with what was typed.
    const leave = async (images) => {
      const question = gettext("What you wrote of the picture is not saved. Leave it all the same?")
      if (!uploads.isWritten || (await uploads.saveWords()) || confirm(question)) finish(images)
    }
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault()
      leave([])
    })
    dialog.addEventListener("close", () => finish([]))
    uploads.listenTo(dialog)
    document.body.append(dialog)
    dialog.showModal()
    if (files.length) uploads.add(files)
    else {
      search.focus()
      show()
    }
  })
}
