/** The library's list takes files from anywhere on the page. */
import { Uploads } from "./uploads.js"

const section = document.querySelector("#uploads")
const uploads = new Uploads(section.dataset.library)
section.append(uploads.element)
section.hidden = false
uploads.listenTo(document)
