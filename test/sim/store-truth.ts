import type { Document } from '../../src/dcs/dcs.ts';
import type { ClusterView, Sync } from '../../src/model/cluster.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../src/model/settings.ts';
import { parseConfig } from '../../src/wire/config.ts';
import { snapshotReader } from '../../src/wire/snapshot-reader.ts';
import { parseSync } from '../../src/wire/sync.ts';
import type { SimStore, StoreSnapshot } from './store.ts';

/** What is in the store, understood. Each document is read once: checkers look after every event. */
export class StoreTruth {
  readonly #read: ReturnType<typeof snapshotReader>;
  readonly #store: SimStore;
  readonly #sync = once((document) => parseSync(document.value, document.version).sync);
  readonly #settings = once(({ value, version }) => parseConfig(value, version).config.settings);
  #seen: StoreSnapshot | undefined;
  #view: ClusterView | undefined;

  constructor(scope: string, store: SimStore) {
    this.#read = snapshotReader(scope);
    this.#store = store;
  }

  view(): ClusterView {
    const snapshot = this.#store.snapshot();
    if (this.#view === undefined || this.#seen !== snapshot) {
      this.#view = this.#read(snapshot.documents);
      this.#seen = snapshot;
    }
    return this.#view;
  }

  sync(): Sync | undefined {
    return this.#sync(this.#store.get('sync'));
  }

  settings(): Settings {
    return this.#settings(this.#store.get('config')) ?? DEFAULT_SETTINGS;
  }
}

/** Reads a document again only when it is another one. */
function once<T>(read: (document: Document) => T): (document?: Document) => T | undefined {
  let last: { readonly document: Document; readonly result: T } | undefined;
  return (document) => {
    if (document === undefined) return undefined;
    if (last?.document !== document) last = { document, result: read(document) };
    return last.result;
  };
}
