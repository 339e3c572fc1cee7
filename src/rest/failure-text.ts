import { type HttpError, NOT_HTTP } from '../system/http.ts';
import { printable } from '../system/text.ts';
import { RestError, type RestFailure } from './member-api.ts';

/** Which call failed. */
export interface FailedCall {
  readonly member: string;
  /** `host:port`. */
  readonly address: string;
  readonly timeoutMs: number;
}

/** Says in one sentence why a member gave no answer, and what can be done where that is known. */
export function explainFailure(error: HttpError, call: FailedCall): RestError {
  const where = `member ${printable(call.member)} at ${printable(call.address)}`;
  return new RestError(restFailure(error), sentence(error, where, call), { cause: error });
}

function restFailure(error: HttpError): RestFailure {
  switch (error.failure) {
    case 'connect':
      return 'refused';
    case 'too-long':
      return 'broken';
    case 'tls':
    case 'timeout':
    case 'broken':
      return error.failure;
  }
}

function sentence(error: HttpError, where: string, call: FailedCall): string {
  switch (error.failure) {
    case 'connect':
      return `No connection to ${where}: ${connectReason(error.code)}`;
    case 'tls':
      return `No TLS connection to ${where}: ${tlsReason(error)}`;
    case 'timeout':
      return `No answer from ${where} within ${call.timeoutMs / 1000} s`;
    case 'too-long':
      return `The answer of ${where} has more than 1 MiB`;
    case 'broken':
      return `No usable answer from ${where}: ${brokenReason(error)}`;
  }
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'time-out',
  ECONNRESET: 'it was closed at once',
};

function connectReason(code: string | undefined): string {
  return CONNECT_REASONS[code ?? ''] ?? `it failed (${printable(code ?? 'unknown cause')})`;
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function brokenReason(error: HttpError): string {
  const { code } = error;
  if (code === NOT_HTTP || code?.startsWith('HPE_')) return 'it is not HTTP';
  if (code === undefined || CLOSED.has(code)) return 'the connection was closed';
  return printable(code);
}

const UNKNOWN_CA =
  'its certificate comes from an authority that is not known here: set ctl.cacert, or use -k';

/** OpenSSL's and Node's codes, in words, with what to set. */
const TLS_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it, or use -k',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clocks, or use -k',
  CERT_REVOKED: 'its certificate has been revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another host name: renew it with this one, or use -k',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: its api_url should begin with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: its api_url should begin with http://',
};

function tlsReason(error: HttpError): string {
  const code = error.code ?? '';
  const known = TLS_REASONS[code];
  if (known) return known;
  // Alerts that a server sends when it does not like the client's certificate, or has got none.
  if (/CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/.test(code)) {
    return 'it wants a client certificate: set ctl.certfile and ctl.keyfile';
  }
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERT|ACCESS_DENIED)/.test(code)) {
    return 'it does not accept the client certificate of ctl.certfile';
  }
  return `the handshake failed (${printable(code)})`;
}
