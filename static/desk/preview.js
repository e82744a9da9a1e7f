/** The preview's frame fits its place, and links are copied. */

/** Make the frame as tall as its page, and scale it down where there is less room than it needs. */
function fit(iframe) {
  const place = iframe.parentElement
  place.classList.add("fits")
  const measure = () => {
    const page = iframe.contentDocument?.body
    if (page) iframe.style.height = `${Math.ceil(page.getBoundingClientRect().height)}px`
    const borders = place.offsetWidth - place.clientWidth
    const room = place.parentElement.clientWidth - borders
    const scale = Math.min(1, room / iframe.offsetWidth)
    iframe.style.transform = `scale(${scale})`
    place.style.width = `${iframe.offsetWidth * scale}px`
    place.style.height = `${iframe.offsetHeight * scale}px`
  }
  const watch = () => {
    const page = iframe.contentDocument?.body
    if (page) new ResizeObserver(measure).observe(page)
    measure()
  }
  iframe.addEventListener("load", watch)
  new ResizeObserver(measure).observe(place.parentElement)
  watch()
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copies)
  const status = document.querySelector(".copied")
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
    status.textContent = button.dataset.done
  } catch {
    // The address is selected: the person's own keys can copy it.
    status.textContent = button.dataset.failed
  }
}

for (const iframe of document.querySelectorAll(".preview-window iframe")) fit(iframe)
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false
  button.addEventListener("click", () => copy(button))
}
