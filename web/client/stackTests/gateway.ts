import { theStack } from "./localStack.ts";

/** A rule of the gateway's faults; emulator/pulumi_local_aws/gateway/faults.py explains them. */
export interface FaultRule {
  readonly fault:
    | "abortBefore"
    | "abortAfter"
    | "pushReordered"
    | "callbackThrottled"
    | "callbackDelayed"
    | "disconnectLost";
  readonly route?: string;
  readonly count?: number;
  readonly probability?: number;
  readonly seconds?: number;
}

/** @param accepted a status other than 2xx that is no failure. */
async function order(method: string, path: string, body?: unknown, accepted?: number): Promise<unknown> {
  const response = await fetch(`${theStack().adminUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  if (!response.ok && response.status !== accepted)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.headers.get("content-type")?.includes("json") ? response.json() : undefined;
}

export const gateway = {
  setFaults: async (rules: readonly FaultRule[]) => order("POST", "/faults", rules),
  clearFaults: async () => order("DELETE", "/faults"),
  setTimeFactor: async (factor: number) => order("POST", "/clock", { factor }),
  connections: async () => (await order("GET", "/connections")) as { connectionId: string }[],
  /** As a network cuts: no close frame. A connection that closes by itself meanwhile is cut, too. */
  cutAll: async () => {
    for (const { connectionId } of await gateway.connections())
      await order("DELETE", `/connections/${encodeURIComponent(connectionId)}`, undefined, 404);
  },
};
