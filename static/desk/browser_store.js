/**
 * Words that are typed and not saved, in the browser's own store (IndexedDB).
 *
 * One sitting is one row: {sitting, user, article, number, pairs}.
 */

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("newsroom-desk", 1)
    request.onupgradeneeded = () =>
      request.result.createObjectStore("sittings", { keyPath: "sitting" })
    request.onsuccess = () => {
      // A browser that clears its store, or loses it in its sleep, closes what is open.
      request.result.onclose = () => (opened = null)
      resolve(request.result)
    }
    request.onerror = () => reject(request.error)
  })

let opened = null

/** Run one request on the store, written through to the disk; undefined where there is no store. */
async function inStore(mode, ask) {
  try {
    const database = await (opened ??= open())
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("sittings", mode, { durability: "strict" })
      const request = ask(transaction.objectStore("sittings"))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  } catch {
    return undefined
  }
}

let latest = null
let writing = false
export let browserKeeps = true // whether what was stored last is there

/** Store what is typed; what is typed while that goes on is stored next, once. */
export async function store(words) {
  latest = words
  if (writing) return
  writing = true
  while (latest) {
    const next = latest
    latest = null
    browserKeeps = (await inStore("readwrite", (sittings) => sittings.put(next))) !== undefined
  }
  writing = false
}

/** Drop a sitting's words from the browser, once the server has them up to a number. */
export async function forget(sitting, upTo) {
  // In one transaction: what is typed while it looks is stored after it, and stays.
  await inStore("readwrite", (sittings) => {
    const kept = sittings.get(sitting)
    kept.onsuccess = () => kept.result?.number <= upTo && sittings.delete(sitting)
    return kept
  })
}

/** Return what all sittings of this browser left behind. */
export const leftBehind = async () =>
  (await inStore("readonly", (sittings) => sittings.getAll())) ?? []
