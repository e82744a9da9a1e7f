/**
 * Sends a form of the desk only where it can arrive: what is typed, and the files that are
 * chosen, stay in it while the server, the database or the connection is away, or its person
 * is signed out. A story's form keeps its own words (keeping.js).
 */
import { csrfToken, make, signInLink } from "./page.js"

const { gettext = (words) => words } = window
const TIMEOUT = 10_000 // milliseconds
const { asks, signIn } = document.querySelector("[data-asks]")?.dataset ?? {}
const form = document.querySelector("#content form[method=post][id$=_form]:not(#article_form)")

/** Return why nothing can be sent now: its words, and where to sign in if that helps; or null. */
async function obstacle() {
  let answer
  try {
    answer = await fetch(asks, {
      method: "HEAD",
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    })
  } catch {
    return { words: gettext("there is no connection.") }
  }
  if (answer.type === "opaqueredirect") {
    return { words: gettext("you are signed out."), signIn }
  }
  return answer.ok ? null : { words: gettext("the server cannot save at this moment.") }
}

function tell({ words, signIn }, notice) {
  const sentence = [gettext("Nothing was sent:"), words]
  sentence.push(gettext("All still stands here. Press the button again in a minute."))
  notice.textContent = sentence.join(" ")
  if (signIn) notice.append(" ", signInLink(signIn))
  notice.scrollIntoView({ block: "center" })
}

function guard() {
  const notice = make("p", { className: "errornote not-sent", role: "alert" })
  let asking = false
  let mayGo = false // the server has answered
  let isSent = false

  // Whoever else listens to the form has brought it into shape by now, or keeps it here.
  addEventListener("submit", async (event) => {
    if (event.target !== form || event.defaultPrevented) return
    // What opens in another tab takes nothing from this one.
    if (event.submitter?.formTarget === "_blank") return
    if (mayGo) {
      isSent = true
      // Still here: the page that was asked for never came.
      setTimeout(() => (isSent = false), 5000)
      return
    }
    event.preventDefault()
    // Pressed twice: the first is on its way.
    if (asking || isSent) return
    asking = true
    const found = await obstacle()
    asking = false
    if (found) {
      const rows = form.querySelectorAll(".submit-row")
      ;[...rows].at(-1)?.before(notice)
      return tell(found, notice)
    }
    notice.remove()
    // Signing in beside this page has made another token.
    form.elements.csrfmiddlewaretoken.value = csrfToken() || form.elements.csrfmiddlewaretoken.value
    mayGo = true
    form.requestSubmit(event.submitter)
    // It may be kept here after all: the next time asks again.
    mayGo = false
  })
  // Back out of the browser's cache of pages.
  addEventListener("pageshow", () => (isSent = false))
}

if (form) guard()
