/**
 * Returns the listener page's address for a session. The id is in the fragment, which browsers do not
 * send: no server's log shows which session a person listens to.
 */
export function joinLink(sessionId: string, page: string): string {
  return new URL(`./listener.html#${encodeURIComponent(sessionId)}`, page).href;
}

/** Returns the session id in a person's input: an id, a link with #id, or a link with ?session=id. */
export function readSessionId(text: string): string {
  const typed = text.trim();
  if (!/^https?:/i.test(typed)) return typed.replace(/^#/, "").toLowerCase();
  const { hash, searchParams } = new URL(typed);
  return (hash ? decodeURIComponent(hash.slice(1)) : (searchParams.get("session") ?? "")).toLowerCase();
}
