/**
 * Returns the listener page's address for a session. The id is in the fragment, which browsers do not
 * send: no server's log shows which session a person listens to.
 */
export function joinLink(sessionId: string, page: string): string {
  return new URL(`./listener.html#${encodeURIComponent(sessionId)}`, page).href;
}

/** A session id as people say, type and paste it: in capitals, with spaces, or broken over two lines. A long
 * one ends in 16 random characters. */
const SPOKEN_ID =
  /([a-z]+)[\s_\p{Pd}]+([a-z]+)[\s_\p{Pd}]+([1-9]\d\d)(?!\d)(?:[\s_\p{Pd}]+([a-z2-7]{16})(?![a-z\d]))?/iu;

/**
 * Returns the session id in a person's input: an id, a link with #id, a link with ?session=id, or a link to
 * a mail server's check that contains one. Returns the input itself, trimmed and in lower case, if it has no
 * session id.
 */
export function readSessionId(text: string): string {
  const typed = /^<?https?:[^#]*(%23|session%3d)/i.test(text.trim()) ? decoded(text.trim()) : text.trim();
  const isLink = /^<?https?:/i.test(typed);
  const place = /[#?&]session=([^&#]*)/i.exec(typed)?.[1] ?? /#(.*)$/s.exec(typed)?.[1];
  const candidate = decoded(place ?? (isLink ? "" : typed));
  const spoken = SPOKEN_ID.exec(candidate);
  return (spoken ? spoken.slice(1).filter(Boolean).join("-") : candidate.trim()).toLowerCase();
}

/** Returns the text without its percent escapes, or as it is if an escape is damaged. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
