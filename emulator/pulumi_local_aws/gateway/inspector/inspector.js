// Shows the gateway's connections and traffic. Every text is inserted as text, never as HTML.

const MAX_ENTRIES = 1000;
const MAX_LOG_LINES = 5000;
const DISCONNECT_DELAY_SECONDS = 10;
const LABELS = {
  connected: "Connected",
  refused: "Refused",
  received: "↑ Received",
  invocation: "Invocation",
  reply: "↓ Reply",
  push: "↓ Push",
  error: "↓ Error",
  disconnected: "Disconnected",
};
const FAULTS = [
  ["Throttle", "callbackThrottled", {}],
  ["Lose $disconnect", "disconnectLost", {}],
  ["Delay $disconnect", "disconnectLate", { seconds: DISCONNECT_DELAY_SECONDS }],
];

const byId = (id) => document.getElementById(id);
const connections = new Map();
const rows = [];
let logLines = [];
let faults = [];
let selected;
let isPaused = false;
let pausedEntries = [];

function element(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

const shortId = (id) => (id ?? "").slice(0, 8);
const timeText = (milliseconds) => {
  const time = new Date(milliseconds);
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
};

function ageText(since) {
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

async function request(method, path, body) {
  const response = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

async function run(action, status, done) {
  try {
    await action();
    status.textContent = done;
  } catch (error) {
    status.textContent = error.message;
  }
}

// Connections and faults.

function addConnection(connection) {
  const age = element("span");
  const user = connection.user ?? "anonymous";
  const name = `${shortId(connection.connectionId)} · ${user}`;
  const buttons = element("div", { className: "buttons" });
  const disconnect = element("button", { type: "button", textContent: "Disconnect" });
  disconnect.setAttribute("aria-label", `Disconnect ${name}`);
  disconnect.addEventListener("click", () =>
    run(() => request("DELETE", `../connections/${encodeURIComponent(connection.connectionId)}`), byId("fault-status"), `Disconnected ${shortId(connection.connectionId)}.`),
  );
  buttons.append(disconnect);
  for (const [label, fault, options] of FAULTS) {
    const button = element("button", { type: "button", textContent: label });
    button.setAttribute("aria-label", `${label} ${name}`);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => toggleFault(button, { fault, connection: connection.connectionId, ...options }));
    buttons.append(button);
  }
  const facts = element("div", { className: "facts" }, `${connection.apiId}/${connection.stage} · `, age);
  const route = element("div", { className: "facts", textContent: "$connect" });
  const item = element("li", {}, element("div", { className: "name", textContent: name }), facts, route, buttons);
  connections.set(connection.connectionId, { connection, item, age, route });
  byId("connections").append(item);
  showConnections();
}

function removeConnection(id) {
  connections.get(id)?.item.remove();
  connections.delete(id);
  showConnections();
}

function showConnections() {
  byId("connection-count").textContent = connections.size;
  byId("no-connections").hidden = connections.size > 0;
  for (const { connection, age } of connections.values()) age.textContent = ageText(connection.connectedAt);
}

async function toggleFault(button, rule) {
  const isActive = button.getAttribute("aria-pressed") === "true";
  const isSame = (other) => other.fault === rule.fault && other.connection === rule.connection;
  const next = isActive ? faults.filter((other) => !isSame(other)) : [...faults, rule];
  await run(
    async () => {
      await request("POST", "../faults", next);
      faults = next;
      button.setAttribute("aria-pressed", String(!isActive));
      byId("clear-faults").hidden = faults.length === 0;
    },
    byId("fault-status"),
    next.length === 1 ? "1 fault is active." : `${next.length} faults are active.`,
  );
}

byId("clear-faults").addEventListener("click", () =>
  run(
    async () => {
      await request("DELETE", "../faults");
      faults = [];
      for (const button of document.querySelectorAll("#connections [aria-pressed]")) button.setAttribute("aria-pressed", "false");
      byId("clear-faults").hidden = true;
    },
    byId("fault-status"),
    "No fault is active.",
  ),
);

byId("clock").addEventListener("submit", (event) => {
  event.preventDefault();
  const factor = Number(byId("factor").value);
  run(() => request("POST", "../clock", { factor }), byId("fault-status"), `The time factor is ${factor}.`);
});

// Traffic.

function contentOf(entry) {
  if (entry.payload !== undefined) return entry.payload;
  if (entry.kind === "disconnected") return `${entry.code} ${entry.reason}`.trim();
  if (entry.kind === "connected") return entry.user ?? "anonymous";
  const outcome = [entry.function ?? "mock", `status ${entry.status}`];
  return [...outcome, entry.error].filter(Boolean).join(" · ");
}

const isFailed = (entry) => entry.kind === "error" || entry.kind === "refused" || entry.error !== undefined;

function addEntry(entry) {
  if (entry.kind === "connected") addConnection(entry);
  if (entry.kind === "disconnected") removeConnection(entry.connectionId);
  const shown = connections.get(entry.connectionId);
  if (shown && entry.route) shown.route.textContent = entry.route;
  if (isPaused) {
    pausedEntries.push(entry);
    if (pausedEntries.length > MAX_ENTRIES) pausedEntries.shift();
    byId("pause").textContent = `Resume (${pausedEntries.length})`;
    return;
  }
  showEntry(entry);
}

function showEntry(entry) {
  const open = element("button", { type: "button", textContent: LABELS[entry.kind] ?? entry.kind });
  const cell = (text, className = "") => element("td", { textContent: text ?? "", className });
  const row = element("tr", {}, cell(timeText(entry.time)), element("td", {}, open), cell(shortId(entry.connectionId)));
  row.append(cell(entry.route), cell(contentOf(entry)), cell(entry.durationMs === undefined ? "" : `${entry.durationMs} ms`, "number"));
  row.dataset.kind = entry.kind;
  if (isFailed(entry)) row.dataset.failed = "";
  row.addEventListener("click", () => select(entry, row));
  const text = [LABELS[entry.kind], entry.kind, entry.connectionId, entry.route, entry.requestId, contentOf(entry)].join(" ").toLowerCase();
  const shown = { entry, row, text };
  row.hidden = !matches(shown);
  rows.push(shown);
  const table = document.querySelector(".table");
  const isAtEnd = table.scrollHeight - table.scrollTop - table.clientHeight < 40;
  byId("entries").append(row);
  if (rows.length > MAX_ENTRIES) rows.shift().row.remove();
  byId("no-entries").hidden = true;
  if (isAtEnd) table.scrollTop = table.scrollHeight;
}

const matches = ({ text }) => text.includes(byId("filter").value.trim().toLowerCase());

byId("filter").addEventListener("input", () => {
  for (const shown of rows) shown.row.hidden = !matches(shown);
});

byId("entries").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const visible = rows.filter(({ row }) => !row.hidden);
  const index = visible.findIndex(({ row }) => row.contains(document.activeElement));
  const next = visible[index + step];
  if (step === undefined || next === undefined) return;
  event.preventDefault();
  next.row.querySelector("button").focus();
});

byId("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  byId("pause").setAttribute("aria-pressed", String(isPaused));
  byId("pause").textContent = isPaused ? "Resume" : "Pause";
  if (!isPaused) for (const entry of pausedEntries.splice(0)) showEntry(entry);
});

byId("clear").addEventListener("click", () => {
  rows.length = 0;
  byId("entries").replaceChildren();
  byId("no-entries").hidden = false;
});

// Detail.

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function select(entry, row) {
  for (const { row: other } of rows) other.classList.toggle("selected", other === row);
  selected = entry;
  byId("no-detail").hidden = true;
  byId("detail").hidden = false;
  byId("action-status").textContent = "";
  const facts = { Connection: entry.connectionId, Route: entry.route, "Request id": entry.requestId, Function: entry.function, Status: entry.status, Bytes: entry.bytes };
  const shown = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== "");
  byId("facts").replaceChildren(
    ...shown.map(([name, value]) => element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))),
  );
  byId("payload").textContent = pretty(contentOf(entry));
  const replay = byId("replay");
  replay.disabled = entry.kind !== "received" || !entry.isReplayable || !connections.has(entry.connectionId);
  replay.title = replay.disabled ? "Only a received frame without redacted fields on an open connection can be replayed." : "";
  showLogs();
}

function showLogs() {
  if (selected === undefined) return;
  const id = selected.requestId ?? invocationAfter(selected)?.requestId;
  const found = id === undefined ? [] : logLines.filter(({ message }) => message.includes(id));
  byId("no-logs").hidden = found.length > 0;
  byId("logs").textContent = found.map(({ time, function: name, message }) => `${timeText(time)} ${name}\n${pretty(message)}`).join("\n\n");
}

/** A received frame gets its request id from the next invocation of the same route and connection. */
function invocationAfter({ kind, number, connectionId, route }) {
  if (kind !== "received") return undefined;
  return rows.map(({ entry }) => entry).find(
    (entry) => entry.kind === "invocation" && entry.number > number && entry.connectionId === connectionId && entry.route === route,
  );
}

byId("copy").addEventListener("click", () => run(() => navigator.clipboard.writeText(contentOf(selected)), byId("action-status"), "Copied."));
byId("replay").addEventListener("click", () =>
  run(() => request("POST", "replay", { connectionId: selected.connectionId, payload: selected.payload }), byId("action-status"), "Replayed."),
);

// The stream.

const stream = new EventSource("events");
const status = byId("status");
stream.addEventListener("state", ({ data }) => {
  const state = JSON.parse(data);
  byId("factor").value = state.timeFactor;
  for (const id of [...connections.keys()]) removeConnection(id);
  for (const connection of state.connections) addConnection(connection);
  status.dataset.state = "live";
  status.textContent = "Live";
});
stream.addEventListener("entry", ({ data }) => addEntry(JSON.parse(data)));
stream.addEventListener("log", ({ data }) => {
  logLines.push(JSON.parse(data));
  if (logLines.length > MAX_LOG_LINES) logLines = logLines.slice(-MAX_LOG_LINES / 2);
  showLogs();
});
stream.addEventListener("error", () => {
  status.dataset.state = "";
  status.textContent = "The gateway does not respond; reconnecting";
});
setInterval(showConnections, 1000);
