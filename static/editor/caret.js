import { Extension, Plugin } from "django-prose-editor/editor"

// What is kept and the menu stick to the top of the window, the form's buttons to its bottom
// (in pixels).
const COVERED = { top: 90, right: 5, bottom: 100, left: 5 }
const NOT_WRITTEN_IN = "figure > [contenteditable=false]"

/** Scrolls while one types so that neither the menu nor the buttons lie over the caret. */
export const CaretInSight = Extension.create({
  name: "caretInSight",
  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        scrollThreshold: COVERED,
        scrollMargin: COVERED,
        handleClickOn: intoCaption,
        handleDoubleClickOn: intoCaption,
      },
    }),
  ],
})

/**
 * Put the caret behind the caption of a picture or a card that is clicked on.
 *
 * The browser itself finds no place there: what is typed next would come to stand at the
 * beginning of the story, and its first letters nowhere.
 */
function intoCaption(view, _place, figure, before, event) {
  if (!figure.isTextblock || !event.target.closest(NOT_WRITTEN_IN)) return false
  const { node, offset } = view.domAtPos(before + figure.nodeSize - 1)
  view.focus()
  getSelection().collapse(node, offset)
  return true
}
