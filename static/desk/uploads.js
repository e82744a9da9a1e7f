/**
 * Uploads to the image library: files in a list, a progress bar each, then the words.
 *
 * One file that fails stops no other, and stays in the list until it is in or dismissed.
 */
import { csrfToken, fill, make } from "./page.js"
import { WordsForm } from "./picture_words.js"

const gettext = window.gettext ?? ((text) => text)
const AT_ONCE = 2
const STALLED = 60_000 // milliseconds in which nothing of a file gets on
const LIMIT = 25 * 1024 * 1024
const TYPES = "image/jpeg,image/png,image/webp,image/avif,image/gif"

/** Return the files of a drop or a paste; what has no name of its own is given one. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])].map((file) =>
    file.name === "image.png"
      ? new File([file], `${gettext("Pasted picture")}.png`, { type: file.type })
      : file,
  )
}

/** Keep a file that is dropped beside its place from replacing the page and what is typed on it. */
export function guardAgainstDrops() {
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      const isFile = [...(event.dataTransfer?.types ?? [])].includes("Files")
      if (!isFile || event.defaultPrevented || event.target.closest?.("input[type=file]")) return
      event.preventDefault()
      event.dataTransfer.dropEffect = "none"
    })
  }
}

/** Post a file; resolve with the desk's answer, or with {failed: why} if it may be tried again. */
function send(address, file, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append("file", file, file.name)
    request.open("POST", address)
    request.setRequestHeader("X-CSRFToken", csrfToken())
    request.responseType = "json"
    let stalled
    const wait = () => {
      clearTimeout(stalled)
      stalled = setTimeout(() => request.abort(), STALLED)
    }
    request.upload.addEventListener("progress", (event) => {
      wait()
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    })
    request.addEventListener("loadend", () => clearTimeout(stalled))
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response) return resolve(request.response)
      if (request.status === 413) return resolve({ refused: tooLarge(file) })
      resolve({
        failed:
          request.status < 500
            ? gettext("You are signed out, or may not upload. Sign in in another tab and try again.")
            : gettext("The server has a fault. The file is still here: try again in a moment."),
      })
    })
    for (const lost of ["error", "abort"]) {
      request.addEventListener(lost, () =>
        resolve({ failed: gettext("The connection is lost. The file is still here.") }),
      )
    }
    request.send(form)
    wait()
  })
}

const tooLarge = (file) =>
  fill(gettext("“%(name)s” is larger than 25 MB: upload a smaller one."), { name: file.name })

/** One file on its way: a row of the list. */
class Upload {
  constructor(file, library, onChange) {
    this.file = file
    this.library = library
    this.onChange = onChange
    this.state = "waiting"
    this.progress = make("progress", { max: 1, value: 0, "aria-label": file.name })
    this.message = make("p", { className: "upload-message" })
    this.rest = make("div", { className: "upload-rest" })
    this.element = make("li", { className: "upload" }, [
      make("p", { className: "upload-name", textContent: file.name }),
      this.progress,
      this.message,
      this.rest,
    ])
  }

  get image() {
    return this.words?.image ?? this.known
  }

  async start() {
    this.state = "under way"
    this.progress.hidden = false
    this.say("")
    const answer =
      this.file.size > LIMIT
        ? { refused: tooLarge(this.file) }
        : await send(`${this.library}upload/`, this.file, (share) => {
            this.progress.value = share
            if (share === 1) this.say(gettext("Reading the picture…"))
          })
    this.progress.hidden = true
    if (answer.image) this.finish(answer)
    else this.fail(answer)
    this.onChange(this)
  }

  finish({ image, is_new, may_change }) {
    this.state = "done"
    this.element.classList.add("upload-done")
    const sentence = is_new
      ? gettext("“%(name)s” is in the library.")
      : gettext("“%(name)s” is in the library already, as “%(title)s”.")
    this.say(fill(sentence, { name: this.file.name, title: image.title }))
    this.element.querySelector(".upload-name").replaceChildren(
      make("a", { href: image.address, target: "_blank" }, [
        make("img", { src: image.thumbnail, alt: "", width: 80, height: 80 }),
        make("span", { textContent: image.title }),
      ]),
    )
    this.known = image
    const asks = may_change && (is_new || !image.alt_text)
    if (asks) this.words = new WordsForm(`${this.library}${image.id}/words/`, image, this.onChange)
    this.rest.replaceChildren(...(asks ? [this.words.element] : []))
    // The alt text is asked for now, unless somebody is typing already.
    const isTyping = document.activeElement?.matches("textarea, input:not([type=file]), .ProseMirror")
    if (asks && !isTyping) this.words.fields.alt_text.focus()
  }

  fail({ refused, failed }) {
    this.state = refused ? "refused" : "failed"
    this.element.classList.add("upload-refused")
    this.say(refused ?? `“${this.file.name}”: ${failed}`)
    const buttons = [
      make("button", {
        type: "button",
        className: "button",
        textContent: gettext("Dismiss"),
        onclick: () => {
          this.state = "dismissed"
          this.element.remove()
          this.onChange()
        },
      }),
    ]
    if (failed) {
      buttons.unshift(
        make("button", {
          type: "button",
          className: "button",
          textContent: gettext("Try again"),
          onclick: () => this.queueAgain(),
        }),
      )
    }
    this.rest.replaceChildren(make("p", { className: "upload-buttons" }, buttons))
  }

  queueAgain() {
    this.state = "waiting"
    this.element.classList.remove("upload-refused")
    this.rest.replaceChildren()
    this.onChange()
  }

  say(sentence) {
    this.message.textContent = sentence
  }
}

/** The list of uploads with its button; `element` goes into the page. */
export class Uploads {
  constructor(library, { isSingle = false, onChange = () => {} } = {}) {
    this.library = library
    this.list = []
    this.onChange = onChange
    const input = make("input", { type: "file", accept: TYPES, multiple: !isSingle })
    input.addEventListener("change", () => {
      this.add([...input.files])
      input.value = ""
    })
    this.isSingle = isSingle
    this.status = make("p", { className: "upload-status quiet", role: "status" })
    this.rows = make("ol", { className: "upload-list" })
    this.element = make("div", { className: "uploads" }, [
      make("div", { className: "drop-zone" }, [
        make("label", {}, [
          make("span", {
            textContent: isSingle ? gettext("Upload a picture") : gettext("Upload pictures"),
          }),
          input,
        ]),
        make("span", {
          className: "quiet",
          textContent: gettext("or drop files here, or paste a picture (Ctrl+V)."),
        }),
      ]),
      this.status,
      this.rows,
    ])
    this.tryAgain = () => {
      for (const upload of this.list) if (upload.state === "failed") upload.queueAgain()
    }
    window.addEventListener("online", this.tryAgain)
    this.warn = (event) => this.isUnfinished && event.preventDefault()
    window.addEventListener("beforeunload", this.warn)
  }

  /** Let go of the page, when the list goes from it. */
  forget() {
    window.removeEventListener("online", this.tryAgain)
    window.removeEventListener("beforeunload", this.warn)
  }

  /** Take files that are dropped or pasted anywhere within an element. */
  listenTo(target) {
    target.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return
      event.preventDefault()
      this.element.classList.add("is-target")
    })
    const leave = () => this.element.classList.remove("is-target")
    target.addEventListener("dragleave", leave)
    target.addEventListener("drop", (event) => {
      leave()
      const files = filesOf(event.dataTransfer)
      if (!files.length) return
      event.preventDefault()
      this.add(files)
    })
    target.addEventListener("paste", (event) => {
      const files = filesOf(event.clipboardData)
      if (!files.length) return
      event.preventDefault()
      this.add(files)
    })
  }

  add(files) {
    for (const file of this.isSingle ? files.slice(0, 1) : files) {
      const upload = new Upload(file, this.library, (finished) => this.changed(finished))
      this.list.push(upload)
      this.rows.append(upload.element)
    }
    this.changed()
  }

  changed(finished) {
    this.list = this.list.filter((upload) => upload.state !== "dismissed")
    const waiting = this.list.filter((upload) => upload.state === "waiting")
    const free = AT_ONCE - this.list.filter((upload) => upload.state === "under way").length
    for (const upload of waiting.slice(0, free)) upload.start()
    if (finished) {
      this.status.textContent = `${finished.message.textContent} ${fill(
        gettext("%(done)s of %(all)s in the library."),
        { done: this.images.length, all: this.list.length },
      )}`
    }
    this.onChange()
  }

  /** The images that are in the library by now, in the order of the files. */
  get images() {
    return this.list.filter((upload) => upload.state === "done").map((upload) => upload.image)
  }

  get isBusy() {
    return this.list.some((upload) => ["waiting", "under way"].includes(upload.state))
  }

  /** Whether something would be lost if the page were left now. */
  get isUnfinished() {
    const states = ["waiting", "under way", "failed"]
    return this.isWritten || this.list.some((upload) => states.includes(upload.state))
  }

  /** Whether somebody wrote words of a picture that are not saved. */
  get isWritten() {
    return this.list.some((upload) => upload.words?.isDirty)
  }

  /** Save the words of every picture; resolve with whether all are stored. */
  async saveWords() {
    const forms = this.list.map((upload) => upload.words).filter((words) => words?.isDirty)
    return (await Promise.all(forms.map((words) => words.save()))).every(Boolean)
  }
}
