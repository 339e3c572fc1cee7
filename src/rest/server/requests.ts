import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Monotonic } from '../../ha/facts.ts';
import { DcsError } from '../../model/errors.ts';
import type { NodeStatus } from '../../model/node-status.ts';
import { printable } from '../../system/text.ts';
import { formatNodeStatus } from '../../wire/rest.ts';
import { Addresses } from '../addresses.ts';
import { GuessBrake } from './access/credentials.ts';
import { type AccessRules, refusalOf } from './access/refusal.ts';
import type { RestBackend } from './backend.ts';
import { readJsonBody } from './body.ts';
import { type Call, type Looks, readCluster } from './call.ts';
import { healthCode } from './handlers/health.ts';
import {
  errorPage,
  json,
  type Reply,
  type ReplyStyle,
  send,
  sentence,
  statusLine,
} from './reply.ts';
import { type Route, type Target, targetOf } from './routes.ts';
import { SharedLook } from './shared-look.ts';

/**
 * What may wait for something at one time, of each kind: more is turned away. Health checks wait
 * for nothing, and a leader that needs its members is not kept waiting by orders.
 */
const MOST = { check: 64, look: 64, order: 32, failsafe: 32 };

/** What may change while the server runs. */
export interface RequestRules {
  readonly access: AccessRules;
  readonly style: ReplyStyle;
}

/** Answers requests. What goes wrong with one of them is its own affair. */
export class Requests {
  rules: RequestRules;
  readonly #backend: RestBackend;
  readonly #looks: Looks;
  readonly #begun: Monotonic;
  readonly #addresses = new Addresses();
  readonly #brake = new GuessBrake();
  readonly #waiting = { check: 0, look: 0, order: 0, failsafe: 0 };
  /** The body of the health checks, until something changes. */
  #rendered: { readonly status: NodeStatus; readonly body: string } | undefined;

  constructor(backend: RestBackend, rules: RequestRules) {
    this.#backend = backend;
    this.rules = rules;
    this.#begun = backend.clock.monotonic();
    this.#looks = {
      status: new SharedLook(() => backend.freshStatus()),
      cluster: new SharedLook(() => readCluster(backend)),
    };
  }

  /** Answers one request. Never throws. `undefined`: it is answered already. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const { method = '', url = '' } = request;
    try {
      if (method !== 'GET' || hasBody(request)) response.shouldKeepAlive = false;
      const target = targetOf(method, url);
      if (target.route) return this.#handle(target.route, target, { request, response });
      send(response, this.#plainAnswer(method, target), this.rules.style);
    } catch (error) {
      this.#fail(response, error);
    }
    return undefined;
  }

  /** Patroni takes any other path for a health check, and its words count wherever they stand. */
  #plainAnswer(method: string, { path, query }: Target): Reply {
    const isCheck = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
    if (!isCheck) return errorPage(501);
    const state = this.#backend.state();
    const now = this.#backend.clock.monotonic();
    const code = healthCode(path, query, { state, now, begun: this.#begun });
    return method === 'GET' ? json(code, this.#bodyOf(state.status)) : statusLine(code);
  }

  #bodyOf(status: NodeStatus): string {
    if (this.#rendered?.status !== status) {
      this.#rendered = { status, body: formatNodeStatus(status) };
    }
    return this.#rendered.body;
  }

  async #handle(
    route: Route,
    { query }: Target,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
  ): Promise<void> {
    const { access } = route;
    const restricted = access === 'order' || access === 'failsafe';
    try {
      const refusal = restricted
        ? await this.#inLine('check', () => this.#refusal(request, access))
        : undefined;
      if (refusal === 'hang-up' || refusal === 'full') return void request.socket.destroy();
      if (refusal) return this.#finish(request, response, refusal);
      const call = this.#callOf(request, response, query);
      const work = async (): Promise<Reply> => route.handler(call);
      const done = access === 'at-once' ? await work() : await this.#inLine(access, work);
      const reply = done === 'full' ? sentence(503, 'too many requests') : done;
      if (restricted) this.#finish(request, response, reply);
      else send(response, reply, this.rules.style);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  /** Does it, unless too many of its kind are waiting. */
  async #inLine<Done>(line: keyof typeof MOST, work: () => Promise<Done>): Promise<Done | 'full'> {
    if (this.#waiting[line] >= MOST[line]) return 'full';
    this.#waiting[line] += 1;
    try {
      return await work();
    } finally {
      this.#waiting[line] -= 1;
    }
  }

  #callOf(request: IncomingMessage, response: ServerResponse, query: Call['query']): Call {
    return {
      backend: this.#backend,
      looks: this.#looks,
      begun: this.#begun,
      query,
      gone: goneSignal(response),
      readBody: (optional) => readJsonBody(request, optional),
    };
  }

  #refusal(request: IncomingMessage, access: Route['access']) {
    const { known } = this.#backend.state();
    return refusalOf(request, {
      rules: this.rules.access,
      addresses: this.#addresses,
      brake: this.#brake,
      known,
      failsafe: access === 'failsafe',
    });
  }

  /** Orders are logged, with who gave them and what was answered. */
  #finish(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
    const { method, url = '', socket } = request;
    const what = `${method} ${printable(url.slice(0, 100))}`;
    this.#backend.log('info', `${what} from ${socket.remoteAddress}: ${reply.status}`);
    send(response, withJson(request, reply), this.rules.style);
  }

  #fail(response: ServerResponse, error: unknown): void {
    // The client went away in the middle of its request: nobody waits for an answer.
    if (response.destroyed) return;
    if (error instanceof DcsError) {
      this.#backend.log('warning', `a request could not be answered: ${printable(error.message)}`);
      send(response, sentence(503, 'DCS is not accessible'), this.rules.style);
      return;
    }
    const trouble = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#backend.log('error', `error while a request was answered: ${printable(trouble)}`);
    send(response, errorPage(500), this.rules.style);
  }
}

/** Who asks for JSON and nothing else gets Patroni's sentence in it. */
function withJson(request: IncomingMessage, reply: Reply): Reply {
  const { accept } = request.headers;
  if (reply.type !== 'text/html' || accept !== 'application/json') return reply;
  const message = JSON.stringify({ message: reply.body });
  return { ...reply, body: message, type: 'application/json' };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Aborted when the connection ends before the answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
