// Says in words why a passkey cannot be used; all else is done by django-allauth's own scripts.

const words = document.querySelector(".passkey-words")

function say(which) {
  words.textContent = words.dataset[which]
  words.hidden = false
}

const isNumber = /^[\d.]+$|^\[/.test(location.hostname)

if (isNumber || !window.isSecureContext || !window.PublicKeyCredential) {
  say(isNumber ? "byNumber" : window.isSecureContext ? "unsupported" : "insecure")
  if (/^127\./.test(location.hostname)) {
    const link = document.createElement("a")
    link.href = location.href.replace(location.hostname, "localhost")
    link.textContent = link.href
    words.append(" ", link)
  }
} else {
  // Those scripts listen for this too, and before: from now on they know what a click means.
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll(".passkey-button")) button.disabled = false
  })
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault()
  say("failed")
})
