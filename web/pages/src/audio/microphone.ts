/** A microphone is unavailable; the message says why and what the person can do. */
export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";
}

const TEXTS: Readonly<Record<string, string>> = {
  NotAllowedError:
    "This page is not allowed to use the microphone. Allow it in the browser's address bar or site settings, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError:
    "The microphone is in use by another program or does not respond. Close that program, then try again.",
};

/**
 * Opens the selected microphone, or another one if that is no longer connected.
 *
 * @throws MicrophoneError with a text for the person.
 */
export async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  // Browsers offer no microphone to pages loaded over http:, except from localhost.
  if (!("mediaDevices" in navigator))
    throw new MicrophoneError(
      "Browsers allow the microphone on https: pages only. Open this page over https:.",
    );
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: withDevice(audio, deviceId) });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "OverconstrainedError" && deviceId !== undefined) return openMicrophone();
    throw new MicrophoneError(TEXTS[name] ?? "The microphone could not be opened. Check it, then try again.");
  }
}

/** Adds the device. As a wish (`ideal`), Chromium would ignore it. */
function withDevice(audio: MediaTrackConstraints, deviceId: string | undefined): MediaTrackConstraints {
  return deviceId === undefined ? audio : { ...audio, deviceId: { exact: deviceId } };
}

/** Returns whether the person has allowed the microphone before, so that opening it makes no browser ask. */
export async function isMicrophoneAllowed(): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: "microphone" });
    return state === "granted";
  } catch {
    return false; // This browser does not say it.
  }
}

export interface InputDevice {
  readonly id: string;
  readonly label: string;
}

/** Returns the microphones. Their labels are empty until the person has allowed the use of one. */
export async function listMicrophones(): Promise<InputDevice[]> {
  if (!("mediaDevices" in navigator)) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "")
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `Microphone ${index + 1}` }));
}
