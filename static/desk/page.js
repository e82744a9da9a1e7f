/** What the desk's scripts make pages and requests of. */

/** Make an element with properties; those with a dash are attributes. */
export function make(tag, properties = {}, children = []) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children)
  return element
}

/** Put values into a sentence's %(names)s. */
export const fill = (sentence, values) =>
  sentence.replace(/%\((\w+)\)s/g, (_whole, name) => values[name])

/** The token that the desk wants with whatever is posted; a new sign-in brings a new one. */
export const csrfToken = () =>
  /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ""

/** Have a form send the token of now: signing in beside its page has made another one. */
export const renewToken = (form) => {
  const field = form.elements.csrfmiddlewaretoken
  field.value = csrfToken() || field.value
}

/** Make the link to where whoever was signed out signs in, beside what they are writing. */
export const signInLink = (href) => {
  const { gettext = (words) => words } = window
  return make("a", { href, target: "_blank", textContent: gettext("Sign in in another tab") })
}
