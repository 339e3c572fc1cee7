import { isRecord } from '../../model/json.ts';
import { parseAddress } from '../connection-url.ts';
import { compactJson } from '../json-text.ts';
import { lenientInteger } from '../numbers.ts';

/** What a leader that the DCS does not answer tells the members (`POST /failsafe`). */
export interface FailsafeText {
  readonly name: string;
  readonly connUrl: string;
  readonly apiUrl: string;
  /** Slot → LSN in bytes. */
  readonly slots: Readonly<Record<string, number>>;
}

/**
 * Reads the body of `POST /failsafe`; undefined when it names no leader that one could stream from.
 * Of the URL of PostgreSQL only host and port are taken: whatever else is in it could steer the
 * standby's connection.
 */
export function parseFailsafeMessage(
  body: Readonly<Record<string, unknown>>,
): FailsafeText | undefined {
  const { name, conn_url: connUrl, api_url: apiUrl, slots } = body;
  if (typeof name !== 'string' || name === '' || typeof apiUrl !== 'string') return undefined;
  const address = typeof connUrl === 'string' ? parseAddress(connUrl) : undefined;
  if (!address || !isPlainWebUrl(apiUrl) || !/^[\w.:%-]+$/.test(address.host)) return undefined;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    name,
    connUrl: `postgres://${host}:${address.port}/postgres`,
    apiUrl,
    slots: slotsOf(slots),
  };
}

/** The body of `POST /failsafe`, as Patroni sends it. */
export function formatFailsafeMessage(message: FailsafeText): string {
  const { name, connUrl, apiUrl, slots } = message;
  return compactJson({ name, conn_url: connUrl, api_url: apiUrl, slots });
}

function isPlainWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

function slotsOf(value: unknown): Readonly<Record<string, number>> {
  if (!isRecord(value)) return {};
  const known = Object.entries(value).flatMap(([slot, lsn]): [string, number][] => {
    const position = lenientInteger(lsn);
    return position === undefined ? [] : [[slot, position]];
  });
  return Object.fromEntries(known);
}
