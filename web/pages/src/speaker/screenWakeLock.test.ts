import "../../../client/testSupport/dom.ts";
import { expect, onTestFinished, test } from "vitest";
import { ScreenWakeLock } from "./screenWakeLock.ts";

/** A browser's wake locks, which it releases when the page is hidden. */
function wakeLocks(): { held: () => number; show: (isVisible: boolean) => void } {
  let held = 0;
  const request = async (): Promise<{ release: () => Promise<void> }> => {
    held++;
    const release = async (): Promise<void> => {
      held--;
      return Promise.resolve();
    };
    return Promise.resolve({ release });
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
  onTestFinished(() => void Reflect.deleteProperty(navigator, "wakeLock"));
  let state = "visible";
  Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
  const show = (isVisible: boolean): void => {
    if (!isVisible) held = 0;
    state = isVisible ? "visible" : "hidden";
    document.dispatchEvent(new window.Event("visibilitychange"));
  };
  return { held: () => held, show };
}

test("the screen stays on until the lock is released, also after the page was hidden", async () => {
  const { held, show } = wakeLocks();
  const lock = new ScreenWakeLock();
  await expect.poll(held).toBe(1);
  show(false);
  expect(held()).toBe(0);
  show(true);
  await expect.poll(held).toBe(1);
  lock.release();
  await expect.poll(held).toBe(0);
  show(true);
  expect(held()).toBe(0);
});

test("a browser without wake locks does without", () => {
  const lock = new ScreenWakeLock();
  lock.release();
});
