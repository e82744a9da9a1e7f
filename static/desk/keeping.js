/**
 * Keeps what is typed into a story's form: in the browser at once, on the server within
 * three seconds, and says so truthfully. Tells who else has the story open.
 *
 * One page that is open is one sitting, with a key of its own. What the server has not
 * acknowledged lies in IndexedDB, written through to the disk, and is sent by the next
 * page of the desk that is opened in this browser by the same person.
 */
import { browserKeeps, forget, leftBehind, store } from "./browser_store.js"
import { csrfToken, fill, renewToken, signInLink } from "./page.js"

const { gettext = (words) => words } = window

const PAUSE = 700 // milliseconds without a key after which words are sent
const AT_THE_LATEST = 2000 // milliseconds after the first unsent key
const HEARTBEAT = 10_000
const TIMEOUT = 10_000
const BAD_LINE = 2 // bytes a millisecond, for which it is still waited
const BEACON_BYTES = 60_000 // browsers take 64 KiB with the page's last breath

const form = document.querySelector("#article_form")
const status = document.querySelector("#keeping-status")

function keep() {
  const { keepUrl, leaveUrl, user, article } = status.dataset
  const state = status.querySelector("[data-state]")
  const presence = status.querySelector("[data-presence]")
  // A browser that fills in again what stood here would lay old words over newer ones.
  form.autocomplete = "off"
  form.elements.sitting.value ||= crypto.randomUUID()
  let sitting = form.elements.sitting.value

  let seen = serialised(form)
  // A form that was refused comes back with what it held.
  const opened = Number(form.elements.number.value)
  let number = opened // of what is typed last
  let acknowledged = opened // of what the server has
  let asksForOffers = "offered" in status.dataset
  let keptAt = status.dataset.keptAt // in words, when the server had everything
  let firstUnsent = null
  let timer = null
  let sending = false
  let failures = 0
  let submitting = false
  let posted = false // whether the form went out as it stands, and may be saved
  let held = false // whether a button was pressed in vain

  /** Take note of a change, whichever way it came about. */
  function notice() {
    if (serialised(form) === seen) return
    if (posted) beginAnew()
    seen = serialised(form)
    number = Math.max(number + 1, Date.now())
    firstUnsent ??= Date.now()
    store({ sitting, user, article, number, pairs: pairsOf(form) })
    if (!failures) show(gettext("Saving…"), "busy")
    const wait = Math.max(0, Math.min(PAUSE, firstUnsent + AT_THE_LATEST - Date.now()))
    clearTimeout(timer)
    timer = setTimeout(send, wait)
  }

  /** Go on as another sitting: the form that was saved ends the one it went out with. */
  function beginAnew() {
    sitting = form.elements.sitting.value = crypto.randomUUID()
    posted = false
  }

  /** Send what is typed, or word that somebody is here; resolve with whether it arrived. */
  async function send() {
    clearTimeout(timer)
    if (sending) {
      timer = setTimeout(send, 200)
      return false
    }
    sending = true
    const upTo = number
    const mine = sitting
    const unsent = upTo > acknowledged
    try {
      const message = messageOf(form, unsent ? upTo : 0)
      // The page before this one may have been typed on while the server made this one.
      if (asksForOffers) message.set("offered", status.dataset.offered)
      const answer = await post(keepUrl, message)
      asksForOffers = false
      if (answer.unshown) showOffers()
      failures = 0
      held = false
      if (answer.ended && unsent) {
        // This page was saved and came back, out of the browser's memory: it is another sitting.
        if (mine === sitting) beginAnew()
        timer = setTimeout(send, 0)
        return false
      }
      acknowledged = Math.max(acknowledged, upTo)
      if (unsent) {
        keptAt = answer.kept_at
        if (number === upTo) firstUnsent = null
        forget(mine, upTo)
      }
      if (number > upTo) timer = setTimeout(send, PAUSE)
      else if (keptAt) show(fill(gettext("Saved %(time)s"), { time: keptAt }), "kept")
      else show("", "")
      showOthers(answer.others)
      return number <= acknowledged
    } catch (failure) {
      failures += 1
      firstUnsent = null
      if (held || number > acknowledged) show(explain(failure), "failed", failure.signIn)
      else if (failure.signIn) show(gettext("You are signed out."), "failed", failure.signIn)
      timer = setTimeout(send, Math.min(1000 * 2 ** failures, 15_000))
      return false
    } finally {
      sending = false
    }
  }

  function explain(failure) {
    const since = keptAt
      ? fill(gettext("Not saved on the server since %(time)s"), { time: keptAt })
      : gettext("Not saved on the server yet")
    const nothing = held ? `${gettext("The button has done nothing yet.")} ` : ""
    const here = browserKeeps
      ? gettext("It is kept in this browser; write on.")
      : gettext("This browser cannot keep it either: copy your words to be safe.")
    return `${nothing}${since}: ${failure.words} ${here}`
  }

  let shown = ""

  function show(words, kind, signIn) {
    // What stands there already is not announced again, nor its link taken from who is on it.
    if (shown === words) return
    shown = state.textContent = words
    status.dataset.kind = kind
    if (signIn) state.append(" ", signInLink(signIn))
  }

  /** Offer words of an earlier page; to who is writing already, say that they are there. */
  async function showOffers() {
    const link = status.querySelector("[data-offer]")
    // Nothing moves under who writes.
    if (number > opened) return (link.hidden = false)
    try {
      const answer = await fetch(location.href, { signal: AbortSignal.timeout(TIMEOUT) })
      const page = new DOMParser().parseFromString(await answer.text(), "text/html")
      document.querySelector("#offers").replaceWith(page.querySelector("#offers"))
    } catch {
      link.hidden = false
    }
  }

  function showOthers(others) {
    const words = others.join(" ")
    if (presence.textContent !== words) presence.textContent = words
  }

  function messageOf(form, upTo) {
    const message = upTo ? new FormData(form) : new FormData()
    message.set("sitting", sitting)
    message.set("user", user)
    message.set("article", article)
    message.set("number", upTo)
    return message
  }

  // What a key or a choice changes is noticed at once, what a script changes within a second.
  for (const event of ["input", "change", "formset:added", "formset:removed"]) {
    form.addEventListener(event, notice)
  }
  window.django?.jQuery(form).on("change", notice)
  setInterval(notice, 1000)
  setInterval(() => {
    if (!sending && !failures && number <= acknowledged && !document.hidden) send()
  }, HEARTBEAT)
  for (const event of ["online", "focus"]) {
    addEventListener(event, () => {
      if (failures || number > acknowledged) send()
    })
  }

  // Where the server is known to be out of reach the form stays here, with its words.
  form.addEventListener("submit", (event) => {
    // Pressed twice: the first is on its way.
    if (submitting) return event.preventDefault()
    notice()
    if (failures || isTooLarge(sizeOf(new FormData(form)))) {
      event.preventDefault()
      held = true
      status.focus()
      send()
      return
    }
    renewToken(form)
    clearTimeout(timer)
    submitting = true
    // Still here: the page that was asked for never came.
    setTimeout(() => {
      submitting = false
      send()
    }, 5000)
  })

  // Who else listens to the form has brought it into shape by now.
  addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return
    // What is typed from now on has a higher number: the save does not end it.
    form.elements.number.value = number
    seen = serialised(form)
    posted = true
  })

  addEventListener("beforeunload", (event) => {
    if (number > acknowledged && !browserKeeps && !posted) event.preventDefault()
  })
  addEventListener("pagehide", () => {
    notice()
    if (posted) return
    const message = messageOf(form, number > acknowledged ? number : 0)
    const isSmall = [...message].reduce((sum, [, value]) => sum + value.length * 3, 0) < BEACON_BYTES
    const parting = isSmall ? message : messageOf(form, 0)
    parting.set("csrfmiddlewaretoken", csrfToken())
    navigator.sendBeacon(leaveUrl, parting)
  })
  // Back out of the browser's cache of pages: the same sitting goes on.
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      submitting = false
      send()
    }
  })

  // What earlier pages of this browser could not get to the server.
  deliver(keepUrl, user, sitting).then((delivered) => {
    if (delivered.some((each) => each.article === article)) showOffers()
  })
  send()
}

const pairsOf = (form) => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken")

const serialised = (form) => JSON.stringify(pairsOf(form))

/** The bytes of a message: each field as Django counts it. */
const sizeOf = (message) => new Blob([...message].map(([name, value]) => `${name}=${value}&`)).size

/** Whether so many bytes are more than the server takes. */
const isTooLarge = (size) => size > Number(status.dataset.limit)

/** Post to the server; throw an Error whose ``words`` say what is the matter. */
async function post(address, message) {
  let response
  const size = sizeOf(message)
  if (isTooLarge(size)) {
    throw Object.assign(new Error(), { words: status.dataset.tooLarge })
  }
  try {
    message.delete("csrfmiddlewaretoken")
    response = await fetch(address, {
      method: "POST",
      body: message,
      // The token is another one after each sign-in, also one in another tab.
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT + size / BAD_LINE),
    })
  } catch {
    throw Object.assign(new Error(), { words: gettext("there is no connection.") })
  }
  if (response.status === 401 || response.status === 403) {
    const answer = await response.json().catch(() => ({}))
    throw Object.assign(new Error(), {
      words: answer.words ?? gettext("you are signed out."),
      signIn: answer.sign_in ?? "/admin/login/",
    })
  }
  if (!response.ok) {
    const answer = await response.json().catch(() => ({}))
    throw Object.assign(new Error(), {
      words: answer.words ?? gettext("the server cannot save at this moment."),
    })
  }
  // A network that asks to be signed in to answers with a page of its own.
  return response.json().catch(() => {
    throw Object.assign(new Error(), { words: gettext("there is no connection.") })
  })
}

/** Send what this person's earlier pages left behind; return what the server now offers. */
async function deliver(keepUrl, user, mine) {
  const delivered = []
  for (const each of (await leftBehind()).filter((one) => one.user === user && one.sitting !== mine)) {
    const message = new FormData()
    for (const [name, value] of each.pairs) message.append(name, value)
    for (const name of ["sitting", "user", "article", "number"]) message.set(name, each[name])
    // Told apart from a page that is still open: nobody sits there.
    message.set("delivered", "1")
    try {
      const answer = await post(keepUrl, message)
      await forget(each.sitting, each.number)
      if (answer.offered) delivered.push(each)
    } catch {
      // It stays where it is, for the next page.
    }
  }
  return delivered
}

if (form && status) keep()
