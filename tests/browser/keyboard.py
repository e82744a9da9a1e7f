"""A person who has a keyboard and no mouse, and who wants to see where they are."""

# More stops than any page of the desk has.
ENDLESS = 250

# What is focused, within frames too, as {name, faults, isTarget, isGone}; the name is null where
# nothing is, and what is gone is the target. The look of what is focused is kept, to be compared
# with what it is without the focus.
LOOK_AT_FOCUS = """async (target) => {
  // What scripts do on a key, they have done a moment later.
  await new Promise((resolve) => setTimeout(resolve, 10))
  const kept = ["outline", "boxShadow", "backgroundColor", "textDecoration"]
  const lookOf = (element) => {
    const looks = []
    for (let each = element; each && looks.length < 4; each = each.parentElement) {
      const style = getComputedStyle(each)
      looks.push(kept.map((name) => style[name]).join())
    }
    return looks.join("|")
  }
  const faults = []
  const { left, look, name: leftName } = window.walked ?? {}
  window.walked = null
  let focused = document.activeElement
  const isTarget = focused === target, isGone = target?.isConnected === false
  const frame = focused?.contentDocument && focused
  if (frame) focused = frame.contentDocument.activeElement
  const isNothing = !focused || focused.matches("body, html")
  if (left?.isConnected && left !== focused && lookOf(left) === look) {
    faults.push(`${leftName} has no mark that tells it is focused`)
  }
  if (isNothing) return { name: null, faults, isTarget, isGone }
  const words = (focused.ariaLabel || focused.labels?.[0]?.textContent || focused.title ||
    focused.value || focused.textContent).trim().replace(/\\s+/g, " ").slice(0, 40)
  const name = `${focused.localName}#${focused.id}.${focused.className} “${words}”`
  const box = focused.getBoundingClientRect()
  if (!focused.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
      box.width < 4 || box.height < 4) {
    faults.push(`${name} is focused and not visible`)
  } else if (!frame) {
    // Seen if any of some points of it is: what is only partly covered can be found.
    const isSeen = [0.02, 0.25, 0.5, 0.75, 0.98].some((part) => {
      const x = Math.max(0, box.x) + Math.min(box.width, innerWidth - Math.max(0, box.x)) * part
      return [0.1, 0.5, 0.9].some((down) => {
        const top = Math.max(0, box.y), bottom = Math.min(innerHeight, box.bottom)
        const hit = document.elementFromPoint(x, top + (bottom - top) * down)
        return hit && (focused.contains(hit) || hit.contains(focused) && hit !== document.body)
      })
    })
    if (!isSeen) faults.push(`${name} is focused and covered, or out of the page's window`)
  }
  window.walked = { left: focused, look: lookOf(focused), name }
  return { name, faults, isTarget, isGone }
}"""


class Keyboard:
    """Goes through a page by keys alone; each stop must be seen, marked and left again."""

    def __init__(self, page):
        self.page = page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words):
        self.page.keyboard.type(words)

    def tab_to(self, target, back=False):
        """Press Tab (or, ``back``, Shift+Tab) until the target, a locator, is focused."""
        # Found once: by a role and a name, it takes longer than to press a key.
        element = target.element_handle()
        if element.evaluate("element => element === document.activeElement"):
            return
        for _ in range(ENDLESS):
            found = self._tab(back, element)
            if found["isTarget"]:
                return
            if found["isGone"]:
                # An answer that came meanwhile has put another in its place.
                element = target.element_handle()
        raise AssertionError(f"Tab never reaches {target}")

    def enter(self, target, back=False):
        """Go to a target, as ``tab_to`` does, and press Enter."""
        self.tab_to(target, back)
        self.press("Enter")

    def find(self, field, words):
        """Choose from one of the admin's autocomplete fields by typing."""
        chosen_in = self.page.locator(f"{field} + .select2")
        self.tab_to(chosen_in.locator("[role=combobox][tabindex='0'], textarea, input").first)
        if chosen_in.locator(".select2-selection--single").count():
            self.press("Enter")
            # Keys that come before would be nobody's.
            self.page.locator(".select2-search__field:focus").wait_for()
        self.type(words)
        found = self.page.locator(".select2-results__option--highlighted", has_text=words)
        found.wait_for()
        self.press("Enter")

    def walk(self, there_and_back=False):
        """Go from the page's beginning through to its end, or back too; return the stops' names."""
        self.page.evaluate("document.activeElement?.blur?.()")
        there = []
        while (name := self._tab()["name"]) or not there:
            there.append(name)
            assert len(there) < ENDLESS, f"Tab goes on for ever: {there[-5:]}"
        if there_and_back:
            back = [self._tab(back=True)["name"] for _ in there]
            assert back == there[::-1], "Shift+Tab goes another way than Tab"
        return there

    def _tab(self, back=False, target=None):
        self.press("Shift+Tab" if back else "Tab")
        found = self.page.evaluate(LOOK_AT_FOCUS, target)
        assert found["faults"] == []
        return found
