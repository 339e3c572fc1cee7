import type { Peers } from '../agent/ports.ts';
import type { RestSettings } from '../config/settings.ts';
import type { PeerAddress } from '../ha/plan.ts';
import { Refusal } from '../model/errors.ts';
import type { MemberReport } from '../model/node-status.ts';
import type { TlsClient } from '../system/http.ts';
import { printable } from '../system/text.ts';
import { formatFailsafeMessage } from '../wire/rest/failsafe-message.ts';
import { parseNodeStatus } from '../wire/rest.ts';
import { Addresses } from './addresses.ts';
import { peerLookup, peerUrl } from './peer-url.ts';
import { type PlainReply, plainRequest } from './plain-request.ts';
import { loadTlsFiles, type ReadFile } from './tls-files.ts';

/** A member that takes longer to say how it is, is not well (Patroni's `fetch_node_status`). */
const STATUS_MS = 2000;
const CONNECT_MS = 1000;
/** One whose document has expired answers at once, or it is down: a failover waits for this. */
const GONE_MS = 300;
const MAX_BYTES = 64 * 1024;

/** What the requests to the members are made with. */
export interface PeersOptions {
  readonly settings: RestSettings;
  readonly readFile: ReadFile;
  /** This node serves HTTPS: then user and password go over HTTPS only. */
  readonly https: boolean;
  /** For `POST /failsafe`: how much of the lease is left for it, in milliseconds. */
  readonly failsafeMs: () => number;
  readonly log: (level: 'debug' | 'info' | 'warning', text: string) => void;
}

/** The REST APIs of the other members, as the agent asks them. */
export interface OpenPeers extends Peers {
  /** Takes over other settings, and reads the certificate files again. */
  reload(options: Pick<PeersOptions, 'settings' | 'https'>): void;
}

/**
 * Asks members over HTTP. User and password go with `POST /failsafe` only. A call never rejects: no
 * answer is an answer.
 */
export function openPeers(options: PeersOptions): OpenPeers {
  const lookup = peerLookup(new Addresses());
  let { settings, https } = options;
  let tls: Promise<TlsClient> | undefined;

  const ask = async (
    { apiUrl }: PeerAddress,
    what: { path: string; body?: string; timeoutMs: number },
  ): Promise<PlainReply> => {
    const url = peerUrl(apiUrl, what.path);
    if (!url) throw new Error(`its api_url cannot be used: ${apiUrl.slice(0, 200)}`);
    const secure = url.protocol === 'https:';
    if (secure) tls ??= loadTlsFiles(settings.tls, options.readFile);
    const { body } = what;
    const credentials = body !== undefined && (secure || !https) ? authorization(settings) : {};
    return plainRequest({
      ...{ url, timeoutMs: what.timeoutMs, connectTimeoutMs: CONNECT_MS, maxBytes: MAX_BYTES },
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'pgherd', accept: '*/*', ...credentials, ...lengthOf(body) },
      ...(body === undefined ? {} : { body }),
      lookup,
      ...(secure && tls ? { tls: await tls } : {}),
    });
  };

  return {
    async status(peer) {
      const timeoutMs = peer.gone ? GONE_MS : STATUS_MS;
      const found = await attempt(() => ask(peer, { path: '/patroni', timeoutMs }));
      const report = 'failure' in found ? noReport(found.failure) : readReport(found);
      const said = report.ok ? report.status.state : report.failure;
      options.log('debug', `GET /patroni of ${printable(peer.name)}: ${said}`);
      return report;
    },
    async failsafe(peer, message) {
      const body = formatFailsafeMessage(message);
      const timeoutMs = Math.max(1, options.failsafeMs());
      const reply = await attempt(() => ask(peer, { path: '/failsafe', body, timeoutMs }));
      const said = 'failure' in reply ? reply.failure : `${reply.status} ${reply.body}`;
      const text = `POST /failsafe of ${printable(peer.name)}: ${printable(said.slice(0, 200))}`;
      const agreed = !('failure' in reply) && reply.status === 200 && reply.body === 'Accepted';
      options.log(agreed ? 'info' : 'warning', text);
      return agreed;
    },
    reload(changed) {
      ({ settings, https } = changed);
      tls = undefined;
    },
  };
}

async function attempt(
  ask: () => Promise<PlainReply>,
): Promise<PlainReply | { readonly failure: string }> {
  try {
    return await ask();
  } catch (error) {
    return { failure: printable(reasonOf(error)) };
  }
}

/** Node's errors of a connection are best known by their code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = !(error instanceof Refusal) && 'code' in error;
  return named ? String(error.code) : error.message;
}

function readReport({ status, body }: PlainReply): MemberReport {
  const said = status === 200 ? parseNodeStatus(body) : undefined;
  return said ? { ok: true, status: said } : noReport(`its answer makes no sense (HTTP ${status})`);
}

function noReport(failure: string): MemberReport {
  return { ok: false, failure };
}

function authorization({ username, password }: RestSettings): Record<string, string> {
  if (username === undefined || password === undefined) return {};
  const text = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { authorization: `Basic ${text}` };
}

function lengthOf(body: string | undefined): Record<string, string> {
  if (body === undefined) return {};
  const length = String(Buffer.byteLength(body));
  return { 'content-type': 'application/json', 'content-length': length };
}
