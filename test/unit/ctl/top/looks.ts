import type { Heard } from '../../../../src/ctl/top/core/scene.ts';
import type { Look } from '../../../../src/ctl/top/core/state.ts';
import type { ClusterView } from '../../../../src/model/cluster.ts';
import type { DocumentName } from '../../../../src/wire/keys.ts';
import { parseNodeStatus } from '../../../../src/wire/rest.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { demoDocuments } from '../documents.ts';

/** The wall clock of these tests, at which members answer. */
export const NOW = new Date(Date.UTC(2026, 0, 1, 12, 0, 0));

/** The cluster of `demoDocuments` with changes, as the store has it. */
export function viewOf(changes: Record<string, string | undefined> = {}): ClusterView {
  const documents = Object.entries(demoDocuments(changes)).map(([name, value]) => ({
    name: name as DocumentName,
    value,
    version: '1',
  }));
  return parseSnapshot('demo', documents);
}

/** What a member answers to GET /patroni. */
export function says(status: Record<string, unknown>): Heard {
  const body = JSON.stringify({ state: 'running', role: 'replica', ...status });
  const parsed = parseNodeStatus(body);
  if (!parsed) throw new Error(`no status: ${body}`);
  return { report: { ok: true, status: parsed }, atMs: NOW.getTime() };
}

/** No answer. */
export function silent(failure = 'connection refused'): Heard {
  return { report: { ok: false, failure }, atMs: NOW.getTime() };
}

/** A replica that has received and replayed up to there. */
export function streams(received: number, replayed = received): Heard {
  const xlog = { received_location: received, replayed_location: replayed };
  return says({ replication_state: 'streaming', timeline: 2, xlog });
}

/** A leader that has written up to there. */
export function leads(location: number): Heard {
  return says({ role: 'primary', timeline: 2, xlog: { location } });
}

/** All that is known: the store's documents, and what the members say, by name. */
export function lookOf(
  view: ClusterView = viewOf(),
  heard: Readonly<Record<string, Heard>> = {},
  rest: Partial<Look> = {},
): Look {
  const keyed = Object.entries(heard).map(([name, one]) => [`/${name}`, one] as const);
  return { view, readMs: 0, failure: undefined, heard: new Map(keyed), ...rest };
}
