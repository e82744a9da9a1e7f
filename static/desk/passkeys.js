// Says in words why a passkey cannot be used; all else is done by django-allauth's own scripts.

const words = document.querySelector(".passkey-words")

function say(which) {
  words.textContent = words.dataset[which]
  words.hidden = false
}

const buttons = document.querySelectorAll(".passkey-button")
const isNumber = /^[\d.]+$|^\[/.test(location.hostname)

if (isNumber || !window.isSecureContext || !window.PublicKeyCredential) {
  for (const button of buttons) button.disabled = true
  say(isNumber ? "byNumber" : window.isSecureContext ? "unsupported" : "insecure")
  if (/^127\./.test(location.hostname)) {
    const link = document.createElement("a")
    link.href = location.href.replace(location.hostname, "localhost")
    link.textContent = link.href
    words.append(" ", link)
  }
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault()
  say("failed")
})
