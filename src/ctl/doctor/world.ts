import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { TlsSettings } from '../../config/settings.ts';
import { loadTls } from '../../dcs/tls.ts';
import { loadTlsFiles } from '../../rest/tls-files.ts';
import { HttpError, httpRequest, type TlsClient } from '../../system/http.ts';
import { peerCertificate } from '../../system/peer-certificate.ts';
import { printable } from '../../system/text.ts';
import type { CertificateSight, EndpointSight } from './facts.ts';

/** What the doctor asks beside the DCS and the REST APIs: a test has a world of its own. */
export interface DoctorWorld {
  /** The certificate of a member's REST API. Never rejects, but for Ctrl-C. */
  memberCertificate(url: URL, look: Look): Promise<CertificateSight>;
  /** Whether a server of etcd answers, and its certificate. Never rejects, but for Ctrl-C. */
  endpoint(url: URL, look: Look): Promise<EndpointSight>;
}

interface Look {
  readonly tls: TlsSettings;
  /** For each question. Milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The network. */
export const network: DoctorWorld = {
  memberCertificate: (url, look) => sightOf(url, look, () => loadTlsFiles(look.tls, readFile)),
  async endpoint(url, look) {
    const load = (): Promise<TlsClient> => storeTls(look.tls);
    const [failure, certificate] = await Promise.all([
      failureOf(url, look, load),
      url.protocol === 'https:' ? sightOf(url, look, load) : undefined,
    ]);
    return {
      name: url.origin,
      ...(failure === undefined ? {} : { failure }),
      ...(certificate && failure === undefined ? { certificate } : {}),
    };
  },
};

async function sightOf(
  url: URL,
  { timeoutMs, signal }: Look,
  load: () => Promise<TlsClient>,
): Promise<CertificateSight> {
  try {
    const { context } = await load();
    return { ok: true, ...(await peerCertificate(url, { context, timeoutMs, signal })) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { ok: false, failure: sentenceOf(error) };
  }
}

/** Why etcd does not answer; undefined: it does. `/version` is open to all (its documentation). */
async function failureOf(
  url: URL,
  { timeoutMs, signal }: Look,
  load: () => Promise<TlsClient>,
): Promise<string | undefined> {
  try {
    await httpRequest({
      ...{ origin: url, method: 'GET', path: '/version', headers: {} },
      ...{ timeoutMs, connectTimeoutMs: timeoutMs, maxBodyBytes: 64 * 1024, signals: [signal] },
      ...(url.protocol === 'https:' ? { tls: await load() } : {}),
    });
    return undefined;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return sentenceOf(error);
  }
}

async function storeTls(settings: TlsSettings): Promise<TlsClient> {
  const { rejectUnauthorized, ...material } = await loadTls(settings, 'etcd', readFile);
  return { context: createSecureContext(material), insecure: !rejectUnauthorized };
}

const KINDS: Readonly<Record<HttpError['failure'], string>> = {
  connect: 'no connection',
  tls: 'no TLS connection',
  timeout: 'no answer in time',
  'too-long': 'no usable answer',
  broken: 'the connection broke',
};

function sentenceOf(error: unknown): string {
  if (!(error instanceof HttpError)) {
    return printable(error instanceof Error ? error.message : String(error));
  }
  return error.code === undefined
    ? KINDS[error.failure]
    : `${KINDS[error.failure]} (${error.code})`;
}
