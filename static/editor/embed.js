import { Node, Plugin, crel, gettext, pm } from "django-prose-editor/editor"

/**
 * What stands elsewhere, shown as a card: <figure data-embed="https://…">.
 *
 * An address of a provider, pasted alone on a line, becomes one; undo leaves a plain link.
 * Which addresses those are the server says (articles/embeds.py), and nothing is loaded.
 */
export const Embed = Node.create({
  name: "embed",
  group: "block",
  content: "inline*",
  defining: true,
  isolating: true,
  draggable: true,

  addOptions: () => ({ providers: [] }),

  addAttributes: () => ({
    address: {
      parseHTML: (element) => element.dataset.embed,
      renderHTML: ({ address }) => ({ "data-embed": address }),
    },
  }),

  parseHTML: () => [
    {
      tag: "figure[data-embed]",
      contentElement: (figure) => figure.querySelector("figcaption") ?? crel("figcaption"),
    },
  ],
  renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes, ["figcaption", 0]],

  addNodeView() {
    return ({ node }) => {
      const { address } = node.attrs
      const provider = this.options.providers.find((each) => matches(each, address))
      const card = crel("div", { className: "embed-card", contentEditable: "false" }, [
        crel("strong", { textContent: provider ? `${provider.kind} · ${provider.name}` : "" }),
        crel("span", { textContent: address }),
      ])
      const caption = crel("figcaption", {
        "data-placeholder": gettext("Caption: what readers find there"),
      })
      const dom = crel("figure", { className: "embed-figure" }, [card, caption])
      const markEmpty = (figure) => caption.classList.toggle("empty", !figure.childCount)
      markEmpty(node)
      return {
        dom,
        contentDOM: caption,
        update(updated) {
          if (updated.type !== node.type || updated.attrs.address !== address) return false
          markEmpty(updated)
          return true
        },
        ignoreMutation: (mutation) => mutation.target === caption && mutation.type === "attributes",
      }
    }
  },

  addKeyboardShortcuts() {
    const isInCaption = () => this.editor.state.selection.$from.parent.type.name === this.name
    return {
      Enter: ({ editor }) => {
        if (!isInCaption()) return false
        const behind = editor.state.selection.$from.after()
        return editor
          .chain()
          .insertContentAt(behind, { type: "paragraph" })
          .setTextSelection(behind + 1)
          .run()
      },
      Backspace: ({ editor }) =>
        isInCaption() &&
        editor.state.selection.$from.parent.content.size === 0 &&
        editor.commands.deleteNode(this.name),
    }
  },

  addProseMirrorPlugins() {
    const isProviders = (text) => this.options.providers.some((each) => matches(each, text))
    return [
      new Plugin({
        props: {
          handlePaste: (view, event) => {
            const address = event.clipboardData?.getData("text/plain").trim() ?? ""
            const { $from, empty } = view.state.selection
            const isAlone = empty && $from.depth === 1 && $from.parent.type.name === "paragraph" &&
              $from.parent.content.size === 0
            if (!isAlone || !isProviders(address)) return false
            insertLink(view, address)
            turnIntoEmbed(view, address)
            return true
          },
          // A whole document was copied: its lines that are such an address are cards too.
          transformPasted: (slice, view) => withEmbeds(slice, view.state.schema, isProviders),
        },
      }),
    ]
  },
})

const matches = (provider, address) =>
  !/\s/.test(address) && new RegExp(provider.pattern, "i").test(address)

function insertLink(view, address) {
  const { schema, tr } = view.state
  const link = schema.marks.link.create({ href: address })
  view.dispatch(
    pm.history.closeHistory(
      tr.replaceSelectionWith(schema.text(address, [link]), false).setMeta("preventAutolink", true),
    ),
  )
}

/** Put a card in place of the paragraph that the caret is in, and the caret behind it. */
function turnIntoEmbed(view, address) {
  const { schema, selection, tr } = view.state
  const { $from } = selection
  const embed = schema.nodes.embed.create({ address })
  tr.replaceWith($from.before(1), $from.after(1), embed)
  const behind = $from.before(1) + embed.nodeSize
  if (!tr.doc.resolve(behind).nodeAfter?.isTextblock) {
    tr.insert(behind, schema.nodes.paragraph.create())
  }
  tr.setSelection(pm.state.TextSelection.create(tr.doc, behind + 1))
  // An undo of its own: what is left then is the link.
  view.dispatch(pm.history.closeHistory(tr).setMeta("preventAutolink", true).scrollIntoView())
}

function withEmbeds(slice, schema, isProviders) {
  if (slice.content.childCount < 2) return slice
  const blocks = []
  slice.content.forEach((block, _offset, index) => {
    const address = block.textContent.trim()
    // The first and the last paragraph may be parts that join those around them.
    const isWhole =
      (index > 0 || slice.openStart === 0) &&
      (index < slice.content.childCount - 1 || slice.openEnd === 0)
    const isCard = isWhole && block.type.name === "paragraph" && isProviders(address)
    blocks.push(isCard ? schema.nodes.embed.create({ address }) : block)
  })
  return new pm.model.Slice(pm.model.Fragment.from(blocks), slice.openStart, slice.openEnd)
}
