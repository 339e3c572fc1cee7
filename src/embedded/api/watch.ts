import type { KeyEvent } from '../core/keyspace.ts';
import type { Watch } from '../core/watches.ts';
import type { HeaderMessage, KeyMessage, WatchCreateRequest, WatchRequest } from './messages.ts';
import { type EtcdStore, keyMessage, rangeOf } from './store.ts';

/** An event; its type is left out for a put, which is the zero of the enumeration. */
interface EventMessage {
  readonly type?: 'DELETE';
  readonly kv: Partial<KeyMessage>;
  readonly prev_kv?: KeyMessage;
}

export interface WatchReply {
  readonly header: HeaderMessage;
  readonly watch_id: string;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: string;
  readonly cancel_reason?: string;
  readonly events?: readonly EventMessage[];
}

/** The watch that an answer to a question about progress is about: all of a stream. */
const ALL_WATCHES = '-1';

/** One stream of `Watch/Watch`, which carries any number of watches. */
export class WatchStream {
  readonly #store: EtcdStore;
  readonly #send: (reply: WatchReply) => void;
  readonly #watches = new Map<string, Watch<Buffer>>();
  #lastId = 0;

  constructor(store: EtcdStore, send: (reply: WatchReply) => void) {
    this.#store = store;
    this.#send = send;
  }

  /** Takes one message of the client. */
  take({ create_request: create, cancel_request: cancel, progress_request: ask }: WatchRequest) {
    if (create) this.#create(create);
    else if (cancel) this.#cancel(cancel.watch_id);
    else if (ask) this.#send({ header: this.#store.header(), watch_id: ALL_WATCHES });
  }

  /** The client has gone. */
  close(): void {
    for (const watch of this.#watches.values()) this.#store.watches.remove(watch);
    this.#watches.clear();
  }

  #create(request: WatchCreateRequest): void {
    const { keys, watches, history } = this.#store;
    const id = request.watch_id === '0' ? this.#freeId() : request.watch_id;
    const header = this.#store.header();
    if (this.#watches.has(id)) {
      const reason = 'etcdserver: mvcc: watch ID already exists';
      this.#send({ header, watch_id: id, created: true, canceled: true, cancel_reason: reason });
      return;
    }
    this.#send({ header, watch_id: id, created: true });
    const watch: Watch<Buffer> = {
      range: request.key.length === 0 ? { ...rangeOf(request), key: '' } : rangeOf(request),
      tell: (events) => this.#tell(id, request, events),
    };
    const from = Number(request.start_revision) || keys.revision + 1;
    if (watches.add(watch, from)) {
      this.#watches.set(id, watch);
      return;
    }
    this.#send({
      header,
      watch_id: id,
      canceled: true,
      // etcd names the first revision that can still be had.
      compact_revision: String(history.forgotten + 1),
      cancel_reason: 'etcdserver: mvcc: required revision has been compacted',
    });
  }

  #cancel(id: string): void {
    const watch = this.#watches.get(id);
    if (!watch) return;
    this.#watches.delete(id);
    this.#store.watches.remove(watch);
    this.#send({ header: this.#store.header(), watch_id: id, canceled: true });
  }

  #tell(id: string, request: WatchCreateRequest, changes: readonly KeyEvent<Buffer>[]): void {
    const { filters, prev_kv: withBefore } = request;
    const wanted = changes.filter(
      ({ after }) => !filters.includes(after === undefined ? 'NODELETE' : 'NOPUT'),
    );
    const revision = changes[0]?.revision;
    if (wanted.length === 0 || revision === undefined) return;
    this.#send({
      header: this.#store.header(revision),
      watch_id: id,
      events: wanted.map((event) => eventMessage(event, withBefore)),
    });
  }

  #freeId(): string {
    while (this.#watches.has(String(this.#lastId))) this.#lastId += 1;
    return String(this.#lastId);
  }
}

function eventMessage(event: KeyEvent<Buffer>, withBefore: boolean): EventMessage {
  const { key, revision, before, after } = event;
  const prev = withBefore && before ? { prev_kv: keyMessage(before) } : {};
  if (after) return { kv: keyMessage(after), ...prev };
  const gone = { key: Buffer.from(key, 'latin1'), mod_revision: String(revision) };
  return { type: 'DELETE', kv: gone, ...prev };
}
