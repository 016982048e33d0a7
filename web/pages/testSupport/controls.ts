/** Returns the ids of a page's buttons and lists, in the order of the alphabet. */
export function controlsOf(html: string): string[] {
  const tags = html.match(/<(button|select)\b[^>]*>/g) ?? [];
  return tags.flatMap((tag) => /\bid="([^"]+)"/.exec(tag)?.[1] ?? []).toSorted();
}
