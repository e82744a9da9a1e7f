/**
 * Sends a form of the desk only where it can arrive: what is typed, and the files that are
 * chosen, stay in it while the server, the database or the connection is away, or its person
 * is signed out. A story's form keeps its own words (keeping.js).
 */
import { make, renewToken, signInLink } from "./page.js"

const { gettext = (words) => words } = window
const TIMEOUT = 10_000 // milliseconds
const { asks, signIn } = document.querySelector("[data-asks]")?.dataset ?? {}
const GUARDED = "#content form[method=post]:not(#article_form)"
// Milliseconds: a second press is part of the first for so long.
const PATIENCE = 5000

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

/** Whether what was sent at a moment (0: never) may be sent now. */
const maySend = (sentAt) =>
  !sentAt ||
  (performance.now() - sentAt > PATIENCE &&
    confirm(gettext("This was sent, and no answer has come yet. Send it a second time?")))

function guard() {
  const notice = make("p", { className: "errornote not-sent", role: "alert" })
  let asking = false
  let mayGo = false // the server has answered
  let sentAt = 0

  // Whoever else listens to the form has brought it into shape by now, or keeps it here.
  addEventListener("submit", async (event) => {
    const form = event.target
    if (!form.matches(GUARDED) || event.defaultPrevented) return
    // What opens in another tab takes nothing from this one.
    if (event.submitter?.formTarget === "_blank") return
    if (mayGo) {
      sentAt = performance.now()
      return
    }
    event.preventDefault()
    // Pressed twice: the first is on its way.
    if (asking || !maySend(sentAt)) return
    asking = true
    const found = await obstacle()
    asking = false
    if (found) {
      const row = [...form.querySelectorAll(".submit-row")].at(-1)
      row ? row.before(notice) : form.prepend(notice)
      return tell(found, notice)
    }
    notice.remove()
    renewToken(form)
    mayGo = true
    form.requestSubmit(event.submitter)
    // It may be kept here after all: the next time asks again.
    mayGo = false
  })
  // Back out of the browser's cache of pages.
  addEventListener("pageshow", () => (sentAt = 0))
}

guard()
