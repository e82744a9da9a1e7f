import { Node, Plugin, crel, gettext } from "django-prose-editor/editor"
import { choosePictures } from "../desk/picture_dialog.js"
import { filesOf } from "../desk/uploads.js"

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

  addOptions: () => ({ library: "" }),

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
        src: `${this.options.library}${node.attrs.image}/thumbnail/`,
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
    const { library } = this.options
    menu.defineItem({
      name: "libraryFigure",
      groups: "nodes",
      button: buttons.material("image", gettext("picture from the library")),
      active: (editor) => editor.isActive("libraryFigure"),
      command: (editor) =>
        choosePictures(library).then((images) => {
          if (images.length) insertFigures(editor, images)
        }),
    })
  },

  addProseMirrorPlugins() {
    const { editor } = this
    const { library } = this.options
    const upload = (files, place) =>
      choosePictures(library, { files }).then((images) => {
        if (images.length) insertFigures(editor, images, place)
        else editor.commands.focus()
      })
    return [
      new Plugin({
        props: {
          handlePaste(_view, event) {
            const files = filesOf(event.clipboardData)
            if (!files.length || hasWords(event.clipboardData.getData("text/html"))) return false
            upload(files)
            return true
          },
          handleDrop(view, event) {
            const files = filesOf(event.dataTransfer)
            if (!files.length) return false
            event.preventDefault()
            upload(files, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos)
            return true
          },
        },
      }),
    ]
  },
})

/** Put figures where the caret is, or at a place; writing goes on in the paragraph behind them. */
function insertFigures(editor, images, place) {
  const figures = images.map((image) => ({ type: "libraryFigure", attrs: { image: image.id } }))
  const nodes = [...figures, { type: "paragraph" }]
  const chain = editor.chain().focus()
  if (place === undefined) chain.insertContent(nodes).run()
  else chain.insertContentAt(Math.min(place, editor.state.doc.content.size), nodes).run()
}

/** Whether pasted HTML holds words: word processors send a picture of them along. */
const hasWords = (html) =>
  new DOMParser().parseFromString(html.replace(/<[a-z][^>]*>/gi, "<i>"), "text/html").body
    .textContent.trim() !== ""
