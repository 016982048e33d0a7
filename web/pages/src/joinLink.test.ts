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
])("%j is read as its session id", (typed) => {
  expect(readSessionId(typed)).toBe("caring-king-275");
});
