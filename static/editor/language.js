import { Mark, crel, gettext } from "django-prose-editor/editor"

/** A passage in another language than the story's: <span lang="fr">. */
export const Language = Mark.create({
  name: "language",
  // What is typed behind the passage is the story's own language again.
  inclusive: false,

  addOptions: () => ({ languages: [] }),
  addAttributes: () => ({ lang: {} }),

  parseHTML: () => [{ tag: "span[lang]" }],
  renderHTML: ({ HTMLAttributes }) => ["span", { ...HTMLAttributes, dir: "auto" }, 0],

  addMenuItems({ menu, buttons }) {
    const isIn = (editor) => editor.isActive("language")
    const isPossible = (editor) => !editor.state.selection.empty || isIn(editor)
    menu.defineItem({
      name: "language",
      groups: "marks",
      button: buttons.material("translate", gettext("language of a passage")),
      active: isIn,
      enabled: isPossible,
      command: async (editor) => {
        // A button that looks switched off can be pressed all the same.
        if (!isPossible(editor)) return
        const { from, to, empty } = editor.state.selection
        const { lang } = editor.getAttributes("language")
        const chosen = await chooseLanguage(this.options.languages, lang)
        // A browser that gives the focus back may put the caret at the beginning.
        editor.view.focus()
        const chain = editor.chain().setTextSelection({ from, to })
        if (chosen === null) return chain.run()
        if (empty) chain.extendMarkRange("language")
        if (chosen) chain.setMark("language", { lang: chosen })
        else chain.unsetMark("language")
        chain.setTextSelection(to).run()
      },
    })
  },
})

/** Show the languages by their names; resolve with a tag, "" for the story's own, or null. */
function chooseLanguage(tags, current = "") {
  const here = document.documentElement.lang
  const names = new Intl.DisplayNames([here], { type: "language", fallback: "code" })
  const options = [...new Set([...tags, current])]
    .filter(Boolean)
    .map((tag) => ({ tag, name: names.of(tag) }))
    .sort((one, other) => one.name.localeCompare(other.name, here))
  return new Promise((resolve) => {
    const field = crel("select", { id: "language-of-passage" }, [
      crel("option", { value: "", textContent: gettext("The story’s own language") }),
      ...options.map(({ tag, name }) => crel("option", { value: tag, textContent: name })),
    ])
    field.value = current
    const title = crel("h3", {
      id: "language-dialog-title",
      textContent: gettext("Language of the passage"),
    })
    const mark = () => {
      dialog.close()
      resolve(field.value)
    }
    const dialog = crel(
      "dialog",
      { className: "library-dialog language-dialog", "aria-labelledby": title.id },
      [
        title,
        crel("p", {
          textContent: gettext("Screen readers then speak it in that language."),
        }),
        crel("p", {}, [
          crel("label", { htmlFor: field.id, textContent: gettext("Language") }),
          " ",
          field,
        ]),
        crel("p", { className: "library-foot" }, [
          crel("button", { type: "button", textContent: gettext("Mark"), onclick: mark }),
          crel("button", {
            type: "button",
            textContent: gettext("Cancel"),
            onclick: () => dialog.close(),
          }),
        ]),
      ],
    )
    dialog.addEventListener("keydown", (event) => {
      // The dialog stands in the page of a form that Enter would save.
      if (event.key !== "Enter" || event.target !== field) return
      event.preventDefault()
      mark()
    })
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(null)
    })
    document.body.append(dialog)
    dialog.showModal()
    field.focus()
  })
}
