import type { DocumentName } from '../wire/keys.ts';

/** One value in the store. `version` is opaque: it can only be compared for equality. */
export interface Document {
  /** Citus group the document belongs to, when the cluster has groups. */
  readonly group?: number;
  readonly name: DocumentName;
  readonly value: string;
  readonly version: string;
}

/** What must hold for a write to be done: this version, no such document, or no matter. */
export type Guard = { readonly version: string } | 'absent' | 'any';

/**
 * One cluster's documents in a store. Losing a race is a value; not knowing is a `DcsError`, after
 * which a write may or may not have been done. Every call ends within the store's time-out.
 */
export interface Dcs {
  /** One consistent snapshot of all documents of the cluster (of all its groups, if it has any). */
  read(signal?: AbortSignal): Promise<Document[]>;
  write(name: DocumentName, value: string, guard: Guard): Promise<'done' | 'conflict'>;
  remove(name: DocumentName, guard: Guard): Promise<'done' | 'conflict'>;
  /** Removes everything the store has about this cluster (or this group); returns how many keys. */
  removeAll(): Promise<number>;
}

/** A connection to a store: hands out clusters, and reads all of them at once. */
export interface Store {
  /** A cluster, or one Citus group of it. */
  cluster(scope: string, group?: number): Dcs;
  /** Every cluster below the namespace, in one range read, in the order of the keys. */
  readAll(signal?: AbortSignal): Promise<Map<string, Document[]>>;
  close(): Promise<void>;
}
