/** The id stands behind the #, which browsers keep to themselves: no server's log shows who listens to what. */
export function joinLink(sessionId: string, page: string): string {
  return new URL(`./listener.html#${encodeURIComponent(sessionId)}`, page).href;
}

/** The session id in what a person typed or followed: an id, a link with #id, or one with ?session=id. */
export function readSessionId(text: string): string {
  const typed = text.trim();
  if (!/^https?:/i.test(typed)) return typed.replace(/^#/, "").toLowerCase();
  const { hash, searchParams } = new URL(typed);
  return (hash ? decodeURIComponent(hash.slice(1)) : (searchParams.get("session") ?? "")).toLowerCase();
}
