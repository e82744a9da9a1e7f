import { Extension, Plugin, crel } from "django-prose-editor/editor"

/**
 * Brings what is pasted into the newsroom's form: structure and links stay.
 *
 * What the schema does not know (fonts, colours, pictures from elsewhere) the editor
 * drops by itself; here is what it would take for something else.
 */
export const CleanPaste = Extension.create({
  name: "cleanPaste",

  onBeforeCreate({ editor }) {
    // The library's style sheet would come inline, which the policy forbids: editor.css has it.
    editor.options.injectCSS = false
  },

  addProseMirrorPlugins: () => [new Plugin({ props: { transformPastedHTML: cleanPasted } })],
})

/** Return pasted HTML with its structure written in the elements that a body may hold. */
export function cleanPasted(html) {
  // The policy keeps a parser from reading style attributes, which tell what is bold or a list,
  // and complains of the handlers that a page's elements may bear.
  const unstyled = replaceClosed(html, /<style[\s\S]*?<\/style>/gi, /<\/style>/gi, () => "")
  const readable = replaceClosed(unstyled, /<[a-z][^>]*>/gi, />/g, (tag) =>
    tag.replace(/\s(style|on\w+)\s*=/gi, " data-$1="),
  )
  const { body } = new DOMParser().parseFromString(readable, "text/html")
  dropComments(body)
  const foreign = "script, meta, link, title, xml, img, picture, svg"
  for (const element of body.querySelectorAll(foreign)) element.remove()
  dropLanguages(body)
  markEmphasis(body)
  makeLists(body)
  levelHeadings(body)
  dropEmptyBlocks(body)
  return body.innerHTML
}

/** Replace what ends with an end; behind the last one, none is looked for from each beginning. */
function replaceClosed(html, pattern, end, change) {
  const last = [...html.matchAll(end)].at(-1)
  const at = last ? last.index + last[0].length : 0
  return html.slice(0, at).replace(pattern, change) + html.slice(at)
}

const styleOf = (element) => (element.dataset.style ?? "").toLowerCase()

function dropComments(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT)
  const comments = []
  while (walker.nextNode()) comments.push(walker.currentNode)
  for (const comment of comments) comment.remove()
}

/**
 * Word processors write everywhere which dictionary was set, which few people set right;
 * what was copied in the editor itself is marked by people.
 */
function dropLanguages(root) {
  if (root.querySelector("[data-pm-slice]")) return
  for (const element of root.querySelectorAll("[lang]")) element.removeAttribute("lang")
}

/**
 * Google Docs wraps everything it copies in a <b> that is not bold, and writes what is
 * bold or italic as a span's style.
 */
function markEmphasis(root) {
  for (const element of root.querySelectorAll("b, strong, i, em, span")) {
    const style = styleOf(element)
    const wrap = (tag) => element.replaceChildren(crel(tag, {}, [...element.childNodes]))
    if (element.tagName === "SPAN") {
      if (/font-weight:\s*(bold|[6-9]00)/.test(style)) wrap("strong")
      if (/font-style:\s*italic/.test(style)) wrap("em")
    } else if (/font-(weight|style):\s*(normal|[1-4]00)/.test(style)) {
      element.replaceWith(...element.childNodes)
    }
  }
}

/** Word writes a list as paragraphs whose style bears "mso-list: l0 level1 lfo1". */
function makeLists(root) {
  for (const paragraph of [...root.querySelectorAll("p[data-style*='mso-list']")]) {
    // Word has nine levels.
    const level = Math.min(Number(/level(\d+)/.exec(styleOf(paragraph))?.[1] ?? 1), 9)
    const marker = [...paragraph.querySelectorAll("span")].find((span) =>
      /mso-list:\s*ignore/.test(styleOf(span)),
    )
    const isOrdered = /^\s*(\d+|[a-z]{1,4})[.)]/i.test(marker?.textContent ?? "")
    marker?.remove()
    const item = crel("li", {}, [crel("p", {}, [...paragraph.childNodes])])
    const list = listFor(paragraph, isOrdered ? "ol" : "ul", level)
    list.append(item)
    paragraph.remove()
  }
}

/** Return the list before a paragraph that an item of a level goes into; made if need be. */
function listFor(paragraph, tag, level) {
  let list = paragraph.previousElementSibling
  if (list?.dataset.fromWord !== tag && !(level > 1 && list?.dataset.fromWord)) {
    list = crel(tag, { "data-from-word": tag })
    paragraph.before(list)
  }
  for (let depth = 1; depth < level && list.lastElementChild; depth++) {
    const item = list.lastElementChild
    let inner = item.querySelector(":scope > ul, :scope > ol")
    if (!inner) {
      inner = crel(tag)
      item.append(inner)
    }
    list = inner
  }
  return list
}

/** A document's title level becomes the first of the two that a story has. */
function levelHeadings(root) {
  const shift = root.querySelector("h1") ? 1 : 0
  for (const heading of root.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const level = Math.min(Number(heading.tagName[1]) + shift, 3)
    for (const bold of heading.querySelectorAll("b, strong")) bold.replaceWith(...bold.childNodes)
    heading.replaceWith(crel(`h${level}`, {}, [...heading.childNodes]))
  }
}

/** Word and Google Docs make the space between paragraphs with empty ones. */
function dropEmptyBlocks(root) {
  for (const block of root.querySelectorAll("p, h2, h3")) {
    if (!block.textContent.trim() && !block.closest("td, th")) block.remove()
  }
  for (const lineBreak of root.querySelectorAll(":scope > br")) {
    if (lineBreak.previousElementSibling?.matches("p, h2, h3, ul, ol, table, blockquote")) {
      lineBreak.remove()
    }
  }
}
