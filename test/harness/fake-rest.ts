import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from './processes.ts';

/** What came in. */
export interface Heard {
  readonly method: string;
  /** Without the slash, e.g. `restart`. */
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** What goes out: status and body, or nothing ever. */
export type Said = { readonly status: number; readonly body: string } | 'hang';

/** A member's REST API that says what a test wants. */
export interface FakeMember {
  /** As the member publishes it. */
  readonly apiUrl: string;
  readonly heard: readonly Heard[];
  /** Resolves when a request of this kind has come in. */
  hears(method: string, path: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startFakeMember(say: (heard: Heard) => Said): Promise<FakeMember> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, (one) => {
      heard.push(one);
      return say(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/patroni`,
    heard,
    hears: async (method, path) => {
      const found = async (): Promise<boolean> =>
        heard.some((one) => one.method === method && one.path === path);
      await waitFor(`${method} /${path}`, found, 30_000);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  say: (heard: Heard) => Said,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const said = say({
    method: request.method ?? '',
    path: (request.url ?? '').slice(1),
    body: Buffer.concat(chunks).toString(),
    authorization: request.headers.authorization,
  });
  if (said !== 'hang') response.writeHead(said.status).end(said.body);
}

/** `GET /patroni` of a member that is well. */
export function statusBody(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    state: 'running',
    postmaster_start_time: '2026-01-01 10:00:00.000000+00:00',
    role: 'replica',
    server_version: 150017,
    timeline: 2,
    xlog: { received_location: 83886592, replayed_location: 83886592, paused: false },
    database_system_identifier: '7000000000000000000',
    replication_state: 'streaming',
    patroni: { version: '4.1.5', scope: 'demo', name: 'pg' },
    ...changes,
  });
}

/** The same of the leader. */
export function leaderBody(changes: Readonly<Record<string, unknown>> = {}): string {
  return statusBody({
    role: 'primary',
    replication_state: undefined,
    xlog: { location: 83886592 },
    replication: ['pg2', 'pg3'].map((name) => ({
      application_name: name,
      state: 'streaming',
      sync_state: 'async',
    })),
    ...changes,
  });
}
