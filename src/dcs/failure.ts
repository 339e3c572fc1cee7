import { printable } from '../system/text.ts';

/**
 * One endpoint gave no answer that counts: another one may be asked. The message is a clause that
 * fits behind `http://host:port: `, such as `connection refused`.
 */
export class EndpointFailure extends Error {
  override readonly name = 'EndpointFailure';
  /** True when a write that was sent may have been done all the same. */
  readonly maybeApplied: boolean;
  /** True when etcd itself said that it cannot serve now, as while it elects a leader. */
  readonly passing: boolean;
  readonly hint: string | undefined;

  constructor(
    reason: string,
    options: { maybeApplied: boolean; passing?: boolean; hint?: string | undefined },
  ) {
    super(reason);
    this.maybeApplied = options.maybeApplied;
    this.passing = options.passing ?? false;
    this.hint = options.hint;
  }
}

/** The server is there but does not speak HTTP/1.1, or may not: gRPC may get through. */
export class NotHttp extends EndpointFailure {}

/** What is known about a connection that failed. */
export interface Connection {
  readonly host: string;
  readonly secure: boolean;
  /** The request was on its way when it failed. */
  readonly sent: boolean;
}

interface Explanation {
  readonly reason: string;
  readonly hint?: string;
}

const NOT_TRUSTED: Explanation = {
  reason: 'its certificate is not signed by a CA that is trusted here',
  hint: "set cacert in the etcd section to the CA's file, or pass -k to accept any certificate",
};
const WANTS_CERTIFICATE: Explanation = {
  reason: 'it wants a client certificate and did not accept ours',
  hint: 'set cert and key in the etcd section to a certificate that etcd trusts',
};
const SPEAKS_PLAIN: Explanation = {
  reason: 'the TLS handshake failed, as it does when the server speaks plain HTTP',
  hint: 'if etcd does not use TLS, set protocol: http in the etcd section',
};
const CLOSED_PLAIN: Explanation = {
  reason: 'it closed the connection without an answer',
  hint: 'if etcd uses TLS, set protocol: https in the etcd section',
};

/** Error codes of Node.js and OpenSSL (Node.js manual, "TLS: X509 certificate error codes"). */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { reason: 'connection refused' },
  ENOTFOUND: { reason: 'the host name is not known' },
  EAI_AGAIN: { reason: 'the host name could not be looked up' },
  EHOSTUNREACH: { reason: 'no route to the host' },
  ENETUNREACH: { reason: 'the network is not reachable' },
  ETIMEDOUT: { reason: 'the connection timed out' },
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_SIGNATURE_FAILURE: NOT_TRUSTED,
  CERT_UNTRUSTED: NOT_TRUSTED,
  CERT_HAS_EXPIRED: {
    reason: 'its certificate has expired',
    hint: "renew etcd's certificate (a wrong clock on this machine looks the same)",
  },
  CERT_NOT_YET_VALID: {
    reason: 'its certificate is not valid yet',
    hint: 'compare the clocks of this machine and of etcd',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: SPEAKS_PLAIN,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: SPEAKS_PLAIN,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: WANTS_CERTIFICATE,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: WANTS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: WANTS_CERTIFICATE,
};

/** The text code of a Node.js error, such as `ECONNREFUSED`; `''` when it has none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  // A name with several addresses fails with one error per address (Happy Eyeballs).
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Says in a clause why a connection failed, with a hint where one helps. */
export function explainConnection(error: unknown, connection: Connection): EndpointFailure {
  const { reason, hint } = explain(error, connection);
  const code = errorCode(error);
  const notHttp =
    code.startsWith('HPE_') ||
    code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' ||
    (connection.sent && code === 'ECONNRESET');
  const Failure = notHttp ? NotHttp : EndpointFailure;
  return new Failure(reason, { maybeApplied: connection.sent, hint });
}

function explain(error: unknown, { host, secure, sent }: Connection): Explanation {
  const code = errorCode(error);
  const known = EXPLANATIONS[code];
  if (known) return known;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      reason: `its certificate is for another name than ${printable(host)}`,
      hint: 'use the name that is in the certificate, or pass -k to accept any certificate',
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    if (secure && !sent) return SPEAKS_PLAIN;
    return secure ? { reason: 'it closed the connection without an answer' } : CLOSED_PLAIN;
  }
  if (code.startsWith('HPE_')) return { reason: 'its answer is not HTTP' };
  const text = error instanceof Error ? error.message : String(error);
  return { reason: printable(text.split('\n')[0] ?? '') || 'the connection failed' };
}
