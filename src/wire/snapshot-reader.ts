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
      const same = before && isSame(before.document, document);
      const reading = same ? before.reading : readOnce(document);
      seen.set(key, { document, reading });
      return reading;
    };
    const view = viewOf({ scope, documents, read });
    known = seen;
    return view;
  };
}

interface Known {
  readonly document: SnapshotDocument;
  readonly reading: Reading;
}

function isSame(one: SnapshotDocument, other: SnapshotDocument): boolean {
  return one === other || (one.version === other.version && one.value === other.value);
}

/** Documents never change. Where several readers share a process, they get the same ones. */
const READINGS = new WeakMap<SnapshotDocument, Reading>();

function readOnce(document: SnapshotDocument): Reading {
  const before = READINGS.get(document);
  if (before) return before;
  const reading = readDocument(document);
  READINGS.set(document, reading);
  return reading;
}
