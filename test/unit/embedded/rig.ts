import type { RangeRequest } from '../../../src/embedded/api/messages.ts';
import { EtcdStore } from '../../../src/embedded/api/store.ts';
import { WatchStream } from '../../../src/embedded/api/watch.ts';
import { fromJson, METHODS, toJson } from '../../../src/embedded/server/protocol.ts';
import { HANDLERS } from '../../../src/embedded/server/unary.ts';

/** A store whose time a test sets, asked in the words of the JSON gateway with plain text in it. */
export class StoreRig {
  now = 0;
  readonly #ids = { last: 100 };
  readonly store = new EtcdStore({
    now: () => this.now,
    newId: () => {
      this.#ids.last += 1;
      return String(this.#ids.last);
    },
    clientUrl: 'http://127.0.0.1:1',
  });

  /** Asks as a client does: keys and values in `message` are text. Without the header. */
  ask(name: string, message: object): Record<string, unknown> {
    const method = METHODS.get(name);
    const handler = HANDLERS.get(name);
    if (!method || !handler) throw new Error(`There is no ${name}`);
    this.store.settle();
    const request = fromJson(method.request, inBase64(message) as object);
    return withoutHeader(toJson(method.response, handler(this.store, request)));
  }

  put(key: string, value: string, more: object = {}): void {
    this.ask('KV/Put', { key, value, ...more });
  }

  /** `key=value` of everything. */
  all(more: Partial<Record<keyof RangeRequest, unknown>> = {}): string[] {
    const reply = this.ask('KV/Range', { key: '\0', range_end: '\0', ...more });
    return (reply.kvs as { key: string; value?: string }[] | undefined)?.map(show) ?? [];
  }

  /** What a watch has told so far; and its stream. */
  watch(create: object) {
    const method = METHODS.get('Watch/Watch');
    if (!method) throw new Error('There is no watch');
    const told: Record<string, unknown>[] = [];
    const stream = new WatchStream(this.store, (reply) => {
      told.push(withoutHeader(toJson(method.response, reply)));
    });
    const take = (message: object): void => {
      stream.take(fromJson(method.request, inBase64(message) as object));
    };
    take({ create_request: create });
    return { told, take, stream };
  }
}

function show({ key, value = '' }: { key: string; value?: string }): string {
  return `${Buffer.from(key, 'base64')}=${Buffer.from(value, 'base64')}`;
}

function withoutHeader(reply: object): Record<string, unknown> {
  const { header: _, ...rest } = reply as Record<string, unknown>;
  return rest;
}

const BYTES = new Set(['key', 'range_end', 'value']);

function inBase64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inBase64);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, field]) =>
    BYTES.has(name)
      ? [name, Buffer.from(String(field)).toString('base64')]
      : [name, inBase64(field)],
  );
  return Object.fromEntries(entries);
}
