import { Extension, Plugin, crel, gettext, pm } from "django-prose-editor/editor"

const STORY = /^story:(\d+)$/

/**
 * Links to our own stories, found by searching and kept by the story's number
 * (href="story:12"), so that a new slug does not break them.
 */
export const StoryLink = Extension.create({
  name: "storyLink",

  addOptions: () => ({ search: "" }),

  addMenuItems({ menu, buttons }) {
    const { search } = this.options
    menu.defineItem({
      name: "storyLink",
      groups: "link",
      button: buttons.material("article", gettext("link to a story")),
      active: (editor) => STORY.test(editor.getAttributes("link").href ?? ""),
      command: async (editor) => {
        const { from, to } = editor.state.selection
        const story = await chooseStory(search)
        // A browser that gives the focus back may put the caret at the beginning.
        editor.view.focus()
        editor.commands.setTextSelection({ from, to })
        if (story) linkTo(editor, story)
      },
    })
  },

  addProseMirrorPlugins() {
    return [titlesPlugin(this.options.search)]
  },
})

/** Link what is selected or, when nothing is, insert the story's headline as a link. */
function linkTo(editor, { id, headline }) {
  const href = `story:${id}`
  const chain = editor.chain()
  if (editor.isActive("link")) chain.extendMarkRange("link")
  if (editor.state.selection.empty && !editor.isActive("link")) {
    const marks = [{ type: "link", attrs: { href } }]
    chain.insertContent({ type: "text", text: headline, marks }).unsetMark("link")
  } else {
    chain.setLink({ href })
  }
  chain.run()
}

const inWords = ({ headline, state, date }) => `${headline} (${state}, ${date})`

async function ask(search, parameters) {
  const address = new URL(search, window.location)
  for (const [name, value] of parameters) address.searchParams.append(name, value)
  const response = await fetch(address, { headers: { Accept: "application/json" } })
  if (!response.ok) throw new Error(response.statusText)
  return (await response.json()).stories
}

/** Shows what story a link leads to as its title, and marks one that readers cannot follow. */
function titlesPlugin(search) {
  const known = new Map()
  const asked = new Set()
  const key = new pm.state.PluginKey("storyLinkTitles")

  const decorate = (doc) => {
    const decorations = []
    doc.descendants((node, position) => {
      const href = node.marks.find((mark) => mark.type.name === "link")?.attrs.href
      const id = STORY.exec(href ?? "")?.[1]
      if (!id) return
      const story = known.get(id)
      const attributes = { class: "story-link" }
      if (story) attributes.title = inWords(story)
      else if (asked.has(id)) attributes.title = gettext("A story of ours")
      if (story && !story.is_live) attributes.class += " not-live"
      decorations.push(
        pm.view.Decoration.inline(position, position + node.nodeSize, attributes, { id }),
      )
    })
    return pm.view.DecorationSet.create(doc, decorations)
  }

  const learn = async (view) => {
    const unknown = key.getState(view.state).find().map((each) => each.spec.id)
      .filter((id) => !asked.has(id))
    if (!unknown.length) return
    for (const id of unknown) asked.add(id)
    try {
      const stories = await ask(search, [...new Set(unknown)].map((id) => ["id", id]))
      for (const story of stories) known.set(String(story.id), story)
      if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, true))
    } catch {
      // Without a title a link is a link all the same; the next change asks again.
      for (const id of unknown) asked.delete(id)
    }
  }

  return new Plugin({
    key,
    state: {
      init: (_config, { doc }) => decorate(doc),
      apply: (tr, titles) => (tr.docChanged || tr.getMeta(key) ? decorate(tr.doc) : titles),
    },
    props: { decorations: (state) => key.getState(state) },
    view: (view) => {
      learn(view)
      return { update: (updated, before) => updated.state.doc.eq(before.doc) || learn(updated) }
    },
  })
}

/** Show the stories; resolve with the one that was chosen, or null. */
function chooseStory(search) {
  return new Promise((resolve) => {
    const field = crel("input", {
      type: "search",
      placeholder: gettext("Search headline, standfirst, slug"),
      "aria-label": gettext("Search the stories"),
    })
    const message = crel("p", { role: "status" })
    const list = crel("ul")
    const title = crel("h3", { id: "story-dialog-title", textContent: gettext("Link to a story") })
    const dialog = crel(
      "dialog",
      { className: "library-dialog story-dialog", "aria-labelledby": title.id },
      [
        title,
        field,
        message,
        list,
        crel("p", { className: "library-foot" }, [
          crel("button", {
            type: "button",
            textContent: gettext("Cancel"),
            onclick: () => dialog.close(),
          }),
        ]),
      ],
    )
    // At once, not with the dialog's event: the next key is the story's.
    const choose = (story) => {
      dialog.close()
      resolve(story)
    }
    let latest = 0
    const show = async () => {
      const question = ++latest
      let stories
      try {
        stories = await ask(search, [["q", field.value]])
      } catch {
        message.textContent = gettext(
          "The stories cannot be reached. What you wrote is still here: try again in a moment.",
        )
        return
      }
      // An answer that a later question has overtaken is dropped.
      if (question !== latest) return
      message.textContent = stories.length ? "" : gettext("No story is called that.")
      list.replaceChildren(
        ...stories.map((story) =>
          crel("li", {}, [
            crel("button", { type: "button", onclick: () => choose(story) }, [
              crel("span", { textContent: story.headline }),
              crel("small", { textContent: `${story.state} · ${story.date}` }),
            ]),
          ]),
        ),
      )
    }
    field.addEventListener("input", show)
    dialog.addEventListener("keydown", (event) => {
      const buttons = [...list.querySelectorAll("button")]
      const here = buttons.indexOf(document.activeElement)
      // The dialog stands in the page of a form that Enter would save.
      if (event.key === "Enter" && event.target === field) {
        event.preventDefault()
        buttons[0]?.click()
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (!step) return
      event.preventDefault()
      ;(buttons[here + step] ?? field).focus()
    })
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(null)
    })
    document.body.append(dialog)
    dialog.showModal()
    show()
  })
}
