import type { ClusterView } from '../model/cluster.ts';
import { type Reading, readDocument, type SnapshotDocument, viewOf } from './snapshot.ts';

/**
 * `parseSnapshot` for one who looks again and again: of a document that has not changed since the
 * last look the same parts are handed out, which nobody may change. A document is known by its
 * value too, since a store that was restored may give a version a second time.
 */
export function snapshotReader(
  scope: string,
): (documents: readonly SnapshotDocument[]) => ClusterView {
  let known = new Map<string, Known>();
  return (documents) => {
    const seen = new Map<string, Known>();
    const read = (document: SnapshotDocument): Reading => {
      const key = `${document.group ?? ''}/${document.name}`;
      const before = known.get(key);
      const reading = before && isSame(before, document) ? before.reading : readDocument(document);
      seen.set(key, { value: document.value, version: document.version, reading });
      return reading;
    };
    const view = viewOf({ scope, documents, read });
    known = seen;
    return view;
  };
}

interface Known {
  readonly value: string;
  readonly version: string;
  readonly reading: Reading;
}

function isSame(known: Known, { value, version }: SnapshotDocument): boolean {
  return known.version === version && known.value === value;
}
