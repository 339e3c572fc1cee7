import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { RestApiSettings } from '../../config/agent-settings.ts';
import { printable } from '../../system/text.ts';
import type { ReadFile } from '../tls-files.ts';
import type { RestBackend } from './backend.ts';
import { Connections } from './connections.ts';
import { answerClientError, listen, makeServer, renewTls, retire } from './listen.ts';
import { Requests } from './requests.ts';
import { readRules } from './rules.ts';
import { loadServerTls, type ServerTls } from './server-tls.ts';

/** Whoever waits for the end of a restart may have gone without a word: the kernel asks then. */
const PROBE_AFTER_MS = 10_000;

/** A server that listens, and what it was made from. */
interface Listening {
  readonly server: Server;
  readonly tls: ServerTls | undefined;
  readonly address: string;
}

/** The REST API of this node. */
export class RestServer {
  readonly #backend: RestBackend;
  readonly #readFile: ReadFile;
  readonly #connections = new Connections();
  #requests: Requests | undefined;
  #listening: Listening | undefined;

  constructor(backend: RestBackend, readFile: ReadFile) {
    this.#backend = backend;
    this.#readFile = readFile;
  }

  /** The port it listens on; undefined: it does not. */
  get port(): number | undefined {
    const address = this.#listening?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /**
   * Listens, or takes over other settings and certificate files that have changed: connections go
   * on, and the port stays open unless it is another one. Rejects with a `Refusal` that names the
   * setting that is wrong; then all stays as it was.
   */
  async apply(settings: RestApiSettings): Promise<void> {
    const rules = readRules(settings, this.#backend.node.version);
    const tls = await loadServerTls(settings, this.#readFile);
    this.#requests ??= new Requests(this.#backend, rules);
    await this.#listenOn(settings, tls);
    this.#requests.rules = rules;
  }

  /** Listens no more, and ends what is still connected after `graceMs`. */
  async close(graceMs = 0): Promise<void> {
    const server = this.#listening?.server;
    this.#listening = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(() => this.#connections.endAll(), graceMs);
    await closed;
    clearTimeout(timer);
  }

  async #listenOn(settings: RestApiSettings, tls: ServerTls | undefined): Promise<void> {
    const address = `${settings.listenHost}:${settings.listenPort}`;
    const before = this.#listening;
    if (before?.address === address && isSameKind(tls, before.tls)) {
      if (tls && tls.fingerprint !== before.tls?.fingerprint) renewTls(before.server, tls);
      this.#listening = { ...before, tls };
      return;
    }
    const server = await this.#newServer(tls);
    if (before?.address === address) {
      // Its port is free again at once.
      retire(before.server);
      this.#listening = undefined;
    }
    await listen(server, settings);
    server.on('error', (error) => this.#log(error));
    if (this.#listening) retire(this.#listening.server);
    this.#listening = { server, tls, address };
  }

  async #newServer(tls: ServerTls | undefined): Promise<Server> {
    const server = await makeServer(tls);
    server.prependListener('connection', (socket: Socket) => this.#connections.admit(socket));
    server.on('clientError', (error, stream) => {
      const socket = stream as Socket;
      answerClientError(error, socket, this.#connections.isBusy(socket));
    });
    server.on('request', (request, response) => {
      const { socket } = request;
      const working = this.#requests?.answer(request, response);
      if (!working) {
        if (response.shouldKeepAlive) this.#connections.end(socket);
        return;
      }
      socket.setKeepAlive(true, PROBE_AFTER_MS);
      this.#connections.begin(socket);
      void working.finally(() => this.#connections.end(socket));
    });
    return server;
  }

  #log(error: Error): void {
    this.#backend.log('error', `REST API: ${printable(String(error))}`);
  }
}

/** Certificates can be changed while a server runs, what it asks of clients cannot. */
function isSameKind(one: ServerTls | undefined, other: ServerTls | undefined): boolean {
  return (
    (one === undefined) === (other === undefined) &&
    one?.requestCert === other?.requestCert &&
    one?.rejectUnauthorized === other?.rejectUnauthorized
  );
}
