import { Node, crel, gettext } from "django-prose-editor/editor"

/**
 * A picture of the image library with a caption: <figure data-image="12">.
 *
 * The body holds the picture's number alone. Addresses, sizes, alt text and credit
 * come from the library when the page is made, so that no other picture gets in.
 */
export const LibraryFigure = Node.create({
  name: "libraryFigure",
  group: "block",
  content: "inline*",
  defining: true,
  isolating: true,
  draggable: true,

  addOptions: () => ({ library: "", addition: "" }),

  addAttributes: () => ({
    image: {
      parseHTML: (element) => element.dataset.image,
      renderHTML: ({ image }) => ({ "data-image": image }),
    },
  }),

  parseHTML: () => [
    {
      tag: "figure[data-image]",
      contentElement: (figure) => figure.querySelector("figcaption") ?? crel("figcaption"),
    },
  ],
  renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes, ["figcaption", 0]],

  addNodeView() {
    return ({ node }) => {
      const picture = crel("img", {
        src: thumbnailAddress(this.options.library, node.attrs.image),
        alt: gettext("Picture of the library"),
        draggable: false,
        contentEditable: "false",
      })
      const caption = crel("figcaption", {
        "data-placeholder": gettext("Caption; left empty, the library’s is shown"),
      })
      const dom = crel("figure", { className: "library-figure" }, [picture, caption])
      const markEmpty = (figure) => caption.classList.toggle("empty", !figure.childCount)
      markEmpty(node)
      return {
        dom,
        contentDOM: caption,
        update(updated) {
          if (updated.type !== node.type || updated.attrs.image !== node.attrs.image) return false
          markEmpty(updated)
          return true
        },
        ignoreMutation: (mutation) => mutation.target === caption && mutation.type === "attributes",
      }
    }
  },

  addMenuItems({ menu, buttons }) {
    const { library, addition } = this.options
    menu.defineItem({
      name: "libraryFigure",
      groups: "nodes",
      button: buttons.material("image", gettext("picture from the library")),
      active: (editor) => editor.isActive("libraryFigure"),
      command: (editor) =>
        choosePicture(library, addition).then((image) => {
          if (image === null) return
          editor
            .chain()
            .focus()
            .insertContent([{ type: "libraryFigure", attrs: { image } }, { type: "paragraph" }])
            .run()
        }),
    })
  },
})

const thumbnailAddress = (library, image) =>
  new URL(`../${image}/thumbnail/`, new URL(library, window.location))

/** Show the library; resolve with the number of the picture that was chosen, or null. */
function choosePicture(library, addition) {
  return new Promise((resolve) => {
    const search = crel("input", {
      type: "search",
      placeholder: gettext("Search title, alt text, caption, credit"),
      "aria-label": gettext("Search the library"),
    })
    const message = crel("p", { role: "status" })
    const grid = crel("div", { className: "library-grid" })
    const dialog = crel("dialog", { className: "library-dialog" }, [
      crel("h3", { textContent: gettext("Choose a picture") }),
      search,
      message,
      grid,
      crel("p", { className: "library-foot" }, [
        crel("a", {
          href: addition,
          target: "_blank",
          textContent: gettext("Add a picture to the library"),
        }),
        crel("button", {
          type: "button",
          textContent: gettext("Cancel"),
          onclick: () => dialog.close(),
        }),
      ]),
    ])

    const choose = (image) => {
      dialog.close(String(image))
    }
    let latest = 0
    const show = async () => {
      const asked = ++latest
      const address = new URL(library, window.location)
      address.searchParams.set("q", search.value)
      let images
      try {
        const response = await fetch(address, { headers: { Accept: "application/json" } })
        if (!response.ok) throw new Error(response.statusText)
        images = (await response.json()).images
      } catch {
        message.textContent = gettext(
          "The library cannot be reached. What you wrote is still here: try again in a moment.",
        )
        return
      }
      // An answer that a later question has overtaken is dropped.
      if (asked !== latest) return
      message.textContent = images.length ? "" : gettext("No picture is called that.")
      grid.replaceChildren(
        ...images.map((image) =>
          crel("button", { type: "button", onclick: () => choose(image.id) }, [
            crel("img", { src: image.thumbnail, alt: image.alt_text, loading: "lazy" }),
            crel("span", { textContent: image.title }),
          ]),
        ),
      )
    }

    search.addEventListener("input", show)
    search.addEventListener("keydown", (event) => {
      // The dialog stands inside the article's form, which Enter would save.
      if (event.key === "Enter") event.preventDefault()
    })
    // Back from the tab in which a picture was added.
    window.addEventListener("focus", show)
    dialog.addEventListener("close", () => {
      window.removeEventListener("focus", show)
      dialog.remove()
      resolve(dialog.returnValue ? Number(dialog.returnValue) : null)
    })
    document.body.append(dialog)
    dialog.showModal()
    show()
  })
}
