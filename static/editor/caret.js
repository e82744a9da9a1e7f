import { Extension, Plugin } from "django-prose-editor/editor"

// What is kept and the menu stick to the top of the window, the form's buttons to its bottom
// (in pixels).
const COVERED = { top: 90, right: 5, bottom: 100, left: 5 }

/** Scrolls while one types so that neither the menu nor the buttons lie over the caret. */
export const CaretInSight = Extension.create({
  name: "caretInSight",
  addProseMirrorPlugins: () => [
    new Plugin({ props: { scrollThreshold: COVERED, scrollMargin: COVERED } }),
  ],
})
