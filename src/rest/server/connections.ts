import type { Socket } from 'node:net';

/**
 * Connections that are open at one time. Twice as many as can be accepted in one go: one that has
 * just been made must not make room before its request was read.
 */
const MAX_OPEN = 1024;

interface Connection {
  readonly socket: Socket;
  /** A request on it is being worked on. */
  busy: boolean;
}

/**
 * All open connections. When there are too many, the one that has been idle for longest makes room:
 * whoever opens connections and says nothing shuts out nobody.
 */
export class Connections {
  readonly #limit: number;
  /** The one that has been idle for longest comes first. */
  readonly #open = new Map<string, Connection>();

  constructor(limit = MAX_OPEN) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Takes a new connection in; without room it is ended. */
  admit(socket: Socket): void {
    const key = keyOf(socket);
    if (this.#open.size >= this.#limit && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const connection = { socket, busy: false };
    this.#open.set(key, connection);
    socket.once('close', () => {
      // Another connection may have got the same port since.
      if (this.#open.get(key) === connection) this.#open.delete(key);
    });
  }

  /** A request has come in on it. The socket may be the TLS one over the one that was admitted. */
  begin(socket: Socket): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection) connection.busy = true;
  }

  /** The request was answered. */
  end(socket: Socket): void {
    const key = keyOf(socket);
    const connection = this.#open.get(key);
    if (!connection) return;
    connection.busy = false;
    this.#open.delete(key);
    this.#open.set(key, connection);
  }

  isBusy(socket: Socket): boolean {
    return this.#open.get(keyOf(socket))?.busy ?? false;
  }

  /** Ends all of them, whatever they are at. */
  endAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #makeRoom(): boolean {
    for (const [key, { socket, busy }] of this.#open) {
      if (busy) continue;
      this.#open.delete(key);
      socket.destroy();
      return true;
    }
    return false;
  }
}

/** Two open connections never have the same: also of a TLS socket and the one below it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
