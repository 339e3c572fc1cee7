import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdSettings, StoreSettings } from '../../config/settings.ts';
import { isRecord, type Json } from '../../model/json.ts';
import { parseRecord } from '../../wire/json-text.ts';
import { type StateContext, StateFile } from '../state-file.ts';

/** What the program that gives a lock away has to know of the member and its store. */
export interface ReleaseNotes {
  readonly scope: string;
  /** Of the member. */
  readonly name: string;
  readonly namespace: string;
  readonly dataDir: string;
  readonly store: EtcdSettings;
}

const FILE = 'release.json';

/** Writes it down for that program, passwords too, in a file that only this user may read. */
export function writeNotes(
  context: StateContext,
  notes: Pick<ReleaseNotes, 'namespace' | 'dataDir'> & { readonly store: StoreSettings },
): void {
  const { namespace, dataDir, store } = notes;
  new StateFile(FILE, context).write({ namespace, dataDir, store });
}

/** What the last agent of this directory has written down; undefined: nothing of use. */
export function readNotes(stateDir: string): ReleaseNotes | undefined {
  const { scope, name, namespace, dataDir, store } = contentOf(join(stateDir, FILE));
  if (typeof scope !== 'string' || typeof name !== 'string') return undefined;
  if (typeof namespace !== 'string' || typeof dataDir !== 'string') return undefined;
  return isEtcd(store) ? { scope, name, namespace, dataDir, store } : undefined;
}

function contentOf(path: string): Readonly<Record<string, Json>> {
  try {
    return parseRecord(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** A store of the kinds that there are is as an agent of this very version wrote it. */
function isEtcd(store: unknown): store is EtcdSettings {
  return isRecord(store) && (store.kind === 'etcd3' || store.kind === 'etcd');
}
