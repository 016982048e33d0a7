import { WebSocketApi } from "@websocket-sessions/websocket_sessions";

const api = new WebSocketApi("echo", { routes: { $default: "../app/app.handler" } });
export const url = api.url;
