import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * What a network does to every connection through the proxy, until it is healed.
 *
 * - `cut`: open connections are reset, and new ones, too.
 * - `stall`: nothing arrives in either direction, and no connection closes. It arrives when the network heals.
 * - `delay`: everything arrives some time later.
 */
export type NetworkFault = "cut" | "stall" | { readonly delayMs: number };

/** A TCP proxy between a client and a server, with the faults of a network. */
export class FaultProxy {
  /** How many connections the clients have opened. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fault: NetworkFault | undefined;
  #healed = Promise.resolve();
  #heal = (): void => undefined;

  /** @param target the server's URL, with its port. */
  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  private constructor({ hostname, port }: URL) {
    this.#server = createServer((client) => {
      this.accepted++;
      if (this.#fault === "cut") client.resetAndDestroy();
      else this.#join(client, connect(Number(port), hostname));
    });
  }

  /** The proxy's address, as in `127.0.0.1:40000`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Begins a fault in place of an earlier one. */
  begin(fault: NetworkFault): void {
    this.heal();
    this.#fault = fault;
    if (fault === "cut") for (const socket of this.#sockets) socket.resetAndDestroy();
    if (fault === "stall") this.#healed = new Promise((resolve) => (this.#heal = resolve));
  }

  heal(): void {
    this.#fault = undefined;
    this.#heal();
  }

  async stop(): Promise<void> {
    this.heal();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      let work = Promise.resolve();
      // One after the other: what is not delayed must not overtake what is.
      const pass = (deliver: () => void): void => {
        const arrived = this.#arrival();
        work = work.then(async () => arrived).then(deliver);
      };
      from.on("data", (data) => pass(() => to.write(data)));
      from.on("error", () => undefined); // "close" follows
      from.on("close", () => {
        this.#sockets.delete(from);
        pass(() => to.destroy());
      });
    }
  }

  async #arrival(): Promise<void> {
    await this.#healed;
    const fault = this.#fault;
    if (typeof fault === "object") await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  }
}
