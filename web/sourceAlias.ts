import { fileURLToPath } from "node:url";

const source = (path: string): string => fileURLToPath(new URL(`client/src/${path}`, import.meta.url));

/** Resolves the client library to its sources, so that pages and tests need no build of it. */
export const SOURCE_ALIAS = [
  { find: /^websocket-sessions$/, replacement: source("index.ts") },
  { find: /^websocket-sessions\/auth$/, replacement: source("auth/cognito.ts") },
  { find: /^websocket-sessions\/channel$/, replacement: source("channel/appSyncEvents.ts") },
  { find: /^websocket-sessions\/react$/, replacement: source("react/index.ts") },
];
