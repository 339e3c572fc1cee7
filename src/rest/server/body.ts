import type { IncomingMessage } from 'node:http';
import { isRecord, type Json } from '../../model/json.ts';
import { parseJson } from '../../wire/json-text.ts';

/** More than this is no order. */
const MAX_BYTES = 1024 * 1024;
/** Of all large bodies that are being read at one time. */
const MAX_TOTAL_BYTES = 8 * 1024 * 1024;
/** Up to this size a body is small, and always welcome: only a configuration is larger. */
const SMALL_BYTES = 64 * 1024;

/** The body of a request: a map, or the HTTP status that says what is wrong with it. */
export type BodyReading =
  | { readonly ok: true; readonly data: Readonly<Record<string, Json>> }
  | { readonly ok: false; readonly status: 400 | 411 | 413 | 503 };

/** Bytes that are promised by large bodies on their way. */
let expected = 0;

/**
 * Reads a JSON map (`_read_json_content` of api.py). `optional`: no body is as good as an empty
 * map; otherwise there must be something in it. A body without a length is refused, as to take it
 * for none would do more than was asked for. Rejects when the client goes away before its end.
 */
export async function readJsonBody(
  request: IncomingMessage,
  optional: boolean,
): Promise<BodyReading> {
  const { 'content-length': stated, 'transfer-encoding': encoding } = request.headers;
  if (stated === undefined || encoding !== undefined) {
    if (optional && encoding === undefined) return { ok: true, data: {} };
    return { ok: false, status: 411 };
  }
  const length = Number(stated);
  if (length === 0) return optional ? { ok: true, data: {} } : { ok: false, status: 400 };
  if (length > MAX_BYTES) return { ok: false, status: 413 };
  const large = length > SMALL_BYTES ? length : 0;
  if (expected + large > MAX_TOTAL_BYTES) return { ok: false, status: 503 };
  expected += large;
  try {
    return understand(await collect(request), optional);
  } finally {
    expected -= large;
  }
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function understand(bytes: Buffer, optional: boolean): BodyReading {
  try {
    const data = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(data) && (optional || Object.keys(data).length > 0)) {
      return { ok: true, data: data as Record<string, Json> };
    }
  } catch {
    // Not UTF-8, not JSON, or nested so deeply that the parser gave up: all the same to the client.
  }
  return { ok: false, status: 400 };
}
