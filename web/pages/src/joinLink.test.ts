import { expect, test } from "vitest";
import { joinLink, readSessionId } from "./joinLink.ts";

test("a join link opens the listener page beside the speaker page, with the id in the fragment", () => {
  const link = joinLink("caring-king-275", "https://example.com/live/speaker.html?x=1#y");
  expect(link).toBe("https://example.com/live/listener.html#caring-king-275");
  expect(readSessionId(link)).toBe("caring-king-275");
});

test.each([
  "caring-king-275",
  "  Caring-King-275 ",
  "#caring-king-275",
  "https://example.com/listener.html?session=caring-king-275",
  "https://example.com/listener.html?session=caring-king-275&source=mail",
  "https://my-host-123.example.com/listener.html#caring-king-275",
  "CARING KING 275",
  "caring_king_275",
  "caring – king – 275",
  "Caring King 275.",
  "<https://example.com/listener.html#caring-king-275>",
  "https://example.com/listener.html#caring-\n king-275",
  "https://example.com/listener.html#caring%20king%20275",
  "https://example.com/listener.html#caring-king-275).",
  "https://example.com/listener.html#caring\u2011king\u2011275",
  "https://links.example.net/?url=https%3A%2F%2Fexample.com%2Flistener.html%23caring-king-275&data=05",
  "https://links.example.net/?url=https%3A%2F%2Fexample.com%2Flistener.html%3Fsession%3Dcaring-king-275",
])("%j is read as its session id", (typed) => {
  expect(readSessionId(typed)).toBe("caring-king-275");
});

test("FINE MINT 605 is read as people write it on a board", () => {
  expect(readSessionId("FINE MINT 605")).toBe("fine-mint-605");
});

test.each([
  "caring-king-275-abcdefgh234567ij",
  "https://example.com/listener.html#caring-king-275-abcdefgh234567ij",
  "Caring King 275 ABCDEFGH234567IJ",
])("%j is read with its random characters", (typed) => {
  expect(readSessionId(typed)).toBe("caring-king-275-abcdefgh234567ij");
});

test.each([
  ["https://example.com/listener.html#%E0%A4%A", "%e0%a4%a"],
  ["https://my-host-123.example.com/listener.html", ""],
  ["caring-king-2755", "caring-king-2755"],
  ["caring-king-075", "caring-king-075"],
  ["  ", ""],
  ["https://example.com/listener.html#caring-", "caring-"],
])("%j has no session id and is read as %j", (typed, read) => {
  expect(readSessionId(typed)).toBe(read);
});
