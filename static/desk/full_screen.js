/**
 * Writing on the whole screen: headline, standfirst, body, and nothing else.
 *
 * What else the page has is hidden, not gone; what says whether the words are kept (the
 * element "keeping-status") comes along. Where the browser cannot fill the screen, the
 * page alone does.
 */
import { addButton, foot } from "./foot.js"

const { gettext = (words) => words } = window
// The page's own heading stays for those who hear the page.
const TEXTS =
  "#content > h1, .field-headline, .field-standfirst, .field-body, .errornote, .messagelist"
// A save loads the page anew: who wrote on the whole screen goes on there.
const GOES_ON = "newsroom-full-screen"

let statusPlace = null

const isOn = () => document.body.classList.contains("writing-alone")

/** Hide each element beside the way from the page to one of the texts. */
function hideTheRest() {
  const kept = [...document.querySelectorAll(`${TEXTS}, dialog`)]
  const onTheWay = new Set()
  for (const element of kept) {
    for (let each = element; each !== document.documentElement; each = each.parentElement) {
      onTheWay.add(each)
    }
  }
  for (const element of onTheWay) {
    if (element.closest(`${TEXTS}, dialog`)) continue
    for (const child of element.children) {
      if (!onTheWay.has(child)) child.classList.add("beside-writing")
    }
  }
}

function takeStatusAlong() {
  const status = document.getElementById("keeping-status")
  if (!status || foot.contains(status)) return
  statusPlace = document.createComment("keeping-status")
  status.replaceWith(statusPlace)
  foot.prepend(status)
}

function bringStatusBack() {
  statusPlace?.replaceWith(document.getElementById("keeping-status"))
  statusPlace = null
}

function show(on) {
  const focused = document.activeElement
  const isFocusKept = focused?.closest(TEXTS)
  document.body.classList.toggle("writing-alone", on)
  if (on) {
    takeStatusAlong()
    hideTheRest()
  } else {
    for (const hidden of document.querySelectorAll(".beside-writing")) {
      hidden.classList.remove("beside-writing")
    }
    bringStatusBack()
  }
  button.textContent = on ? gettext("Leave full screen (Esc)") : gettext("Full screen")
  button.setAttribute("aria-pressed", on)
  if (isFocusKept) {
    focused.focus({ preventScroll: true })
    document.getSelection().focusNode?.parentElement?.scrollIntoView({ block: "center" })
  }
}

function enter() {
  show(true)
  // Refused or unknown: the page itself fills the window.
  document.documentElement.requestFullscreen?.().catch(() => {})
}

function leave() {
  show(false)
  if (document.fullscreenElement) document.exitFullscreen()
}

const button = foot && addButton(gettext("Full screen"), () => (isOn() ? leave() : enter()))

if (foot) {
  button.id = "full-screen-button"
  button.setAttribute("aria-pressed", "false")
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !isOn() || document.querySelector("dialog[open]")) return
      event.stopPropagation()
      leave()
    },
    // Before the editor, which would select the paragraph.
    true,
  )
  // Escape on a filled screen is the browser's, which tells of it only so.
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && isOn() && !document.querySelector("dialog[open]")) leave()
  })
  foot.closest("form").addEventListener("submit", (event) => {
    if (isOn() && event.submitter?.name === "_continue") sessionStorage.setItem(GOES_ON, "yes")
  })
  if (sessionStorage.getItem(GOES_ON)) {
    sessionStorage.removeItem(GOES_ON)
    show(true)
  }
}
