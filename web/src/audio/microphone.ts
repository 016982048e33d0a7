/** A microphone that cannot be had, and what a person can do about it. */
export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";
}

const WORDS: Readonly<Record<string, string>> = {
  NotAllowedError:
    "This page may not use the microphone. Allow it in the browser's address bar or site settings, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError:
    "The microphone is in use by another program, or does not answer. Close that program, then try again.",
  OverconstrainedError: "The chosen microphone is not connected any more. Choose another one.",
};

/**
 * Opens a microphone; any, if the chosen one is not there any more.
 *
 * @throws MicrophoneError with words for the person.
 */
export async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  // Browsers offer no microphone to pages that came over http:, other than from this machine.
  if (!("mediaDevices" in navigator))
    throw new MicrophoneError(
      "The browser gives the microphone to https: pages only. Open this page over https:.",
    );
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
  if (deviceId !== undefined) audio.deviceId = { ideal: deviceId };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw new MicrophoneError(WORDS[name] ?? "The microphone could not be opened. Check it, then try again.");
  }
}

export interface InputDevice {
  readonly id: string;
  readonly label: string;
}

/** The microphones; their names are empty until the person once allowed one. */
export async function listMicrophones(): Promise<InputDevice[]> {
  if (!("mediaDevices" in navigator)) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "")
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: label || `Microphone ${index + 1}` }));
}
