import type { AudioInput } from "../audio/audioInput.ts";
import { isMicrophoneAllowed, listMicrophones } from "../audio/microphone.ts";
import { readPreferences, savePreferences } from "../preferences.ts";
import type { Store } from "../store.ts";
import { failureText } from "../uiText.ts";
import type { SpeakerPageState } from "./state.ts";

/** The parts of the microphone that a test of it uses. */
export type TestedInput = Pick<AudioInput, "isOpen" | "deviceId" | "open" | "ensureOpen" | "close">;

/** Where a speaker allows, chooses and tests the microphone before a session is created. */
export class GreenRoom {
  readonly #input: TestedInput;
  readonly #store: Store<SpeakerPageState>;

  constructor(input: TestedInput, store: Store<SpeakerPageState>) {
    this.#input = input;
    this.#store = store;
  }

  /**
   * Opens the microphone if the person has allowed it before: only a click may make the browser ask. An alert
   * that explains why the page is back at this step stays.
   */
  async enter(): Promise<void> {
    if (!this.#store.value.isSupported || !(await isMicrophoneAllowed())) return;
    if (this.#store.value.step === "setup") await this.#open();
  }

  /** Opens a microphone on a click, or shows why that failed. Returns whether one is open. */
  async open(deviceId?: string): Promise<boolean> {
    this.#store.patch({ alert: undefined });
    return this.#open(deviceId);
  }

  async #open(deviceId?: string): Promise<boolean> {
    this.#store.patch({ microphone: { name: "opening" } });
    try {
      if (deviceId === undefined) await this.#input.ensureOpen(readPreferences().deviceId);
      else await this.#input.open(deviceId);
      this.#store.patch({ microphone: { name: "ready" } });
    } catch (error) {
      const text = failureText(error);
      if (this.#input.isOpen) this.#store.patch({ microphone: { name: "ready" }, alert: text });
      else this.#store.patch({ microphone: { name: "failed", text } });
    }
    await showDevices(this.#input, this.#store);
    return this.#input.isOpen;
  }

  /** Releases the microphone, unless the speaker goes on air with it. */
  async leave(): Promise<void> {
    await this.#input.close();
    this.#store.patch({ microphone: { name: "off" } });
  }
}

/** Shows the microphones and the one in use, and keeps the choice for the next visit. */
export async function showDevices(
  { deviceId }: Pick<AudioInput, "deviceId">,
  store: Store<SpeakerPageState>,
): Promise<void> {
  store.patch({ devices: await listMicrophones(), deviceId });
  if (deviceId !== undefined) savePreferences({ deviceId });
}
