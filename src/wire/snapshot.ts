import type {
  ClusterConfig,
  ClusterView,
  Failover,
  HistoryLine,
  Status,
  Sync,
} from '../model/cluster.ts';
import type { Member } from '../model/member.ts';
import { parseConfig } from './config.ts';
import { parseFailover } from './failover.ts';
import { parseFailsafe } from './failsafe.ts';
import { parseHistory } from './history.ts';
import { parseLeader } from './leader.ts';
import { parseMember } from './member.ts';
import { EMPTY_STATUS, parseStatus } from './status.ts';
import { parseSync } from './sync.ts';

/** One value of the store, as `dcs/dcs.ts` hands it out. */
export interface SnapshotDocument {
  readonly group?: number;
  readonly name: string;
  readonly value: string;
  readonly version: string;
}

/** What one document says: its part of a view, or a member; and what is wrong with it, if any. */
export interface Reading {
  readonly part?: Partial<Parts>;
  readonly member?: Member;
  readonly junk?: string | undefined;
}

type ReadDocument = (document: SnapshotDocument) => Reading;

/** Group of a Citus cluster's coordinator. */
const COORDINATOR = 0;

/**
 * Makes a view of a cluster out of its documents. With `group`, of that Citus group; without, of
 * the cluster itself: where there are groups only, of the coordinator (group 0), with the others
 * as its workers. Never throws: a document that makes no sense becomes a warning.
 */
export function parseSnapshot(
  scope: string,
  documents: readonly SnapshotDocument[],
  group?: number,
): ClusterView {
  return viewOf({ scope, documents, group, read: readDocument });
}

/** The same, with another way to read a document: one that knows some of them already. */
export function viewOf(snapshot: {
  readonly scope: string;
  readonly documents: readonly SnapshotDocument[];
  readonly group?: number | undefined;
  readonly read: ReadDocument;
}): ClusterView {
  const { scope, documents, group, read } = snapshot;
  const groups = new Map<number | undefined, SnapshotDocument[]>();
  for (const document of documents) {
    const others = groups.get(document.group);
    if (others) others.push(document);
    else groups.set(document.group, [document]);
  }
  if (group !== undefined) {
    const own = groups.get(group) ?? groups.get(undefined) ?? [];
    return assemble({ scope, group, documents: own, workers: new Map(), read });
  }
  const plain = groups.get(undefined);
  if (plain || groups.size === 0) {
    return assemble({ scope, documents: plain ?? [], workers: new Map(), read });
  }
  return citusView(scope, groups, read);
}

function citusView(
  scope: string,
  groups: ReadonlyMap<number | undefined, readonly SnapshotDocument[]>,
  read: ReadDocument,
): ClusterView {
  const workers = new Map<number, ClusterView>();
  const numbers = [...groups.keys()].filter((number) => number !== undefined);
  for (const group of numbers.sort((one, other) => one - other)) {
    if (group === COORDINATOR) continue;
    const documents = groups.get(group) ?? [];
    workers.set(group, assemble({ scope, group, documents, workers: new Map(), read }));
  }
  const documents = groups.get(COORDINATOR) ?? [];
  return assemble({ scope, group: COORDINATOR, documents, workers, read });
}

/** What the documents of a cluster say, but for its members. */
interface Parts {
  initialize: string;
  config: ClusterConfig;
  leader: string;
  status: Status;
  legacyStatus: Status;
  failover: Failover;
  sync: Sync;
  syncVersion: string;
  history: readonly HistoryLine[];
  failsafe: Readonly<Record<string, string>>;
}

function assemble(input: {
  scope: string;
  group?: number | undefined;
  documents: readonly SnapshotDocument[];
  workers: ReadonlyMap<number, ClusterView>;
  read: ReadDocument;
}): ClusterView {
  const { scope, group, workers } = input;
  const parts: Partial<Parts> = {};
  const members: Member[] = [];
  const warnings: string[] = [];
  for (const document of input.documents) {
    const { part, member, junk } = input.read(document);
    if (part) Object.assign(parts, part);
    if (member) members.push(member);
    if (junk) warnings.push(`${placeOf(scope, group, document.name)} ${junk}`);
  }
  const { status, legacyStatus, ...rest } = parts;
  return {
    scope,
    ...(group === undefined ? {} : { group }),
    ...rest,
    status: status ?? legacyStatus ?? EMPTY_STATUS,
    members,
    workers,
    warnings: [...warnings, ...[...workers.values()].flatMap((worker) => worker.warnings)],
  };
}

function placeOf(scope: string, group: number | undefined, name: string): string {
  const part = group === undefined ? '' : `${group}/`;
  return `The key ${scope}/${part}${name} in the DCS`;
}

const NO_SENSE = 'makes no sense and was taken as empty';

/** Reads one document. The same document always says the same. */
export function readDocument({ name, value, version }: SnapshotDocument): Reading {
  if (name.startsWith('members/')) {
    const { member, valid } = parseMember(name.slice('members/'.length), value, version);
    return { member, junk: valid ? undefined : NO_SENSE };
  }
  switch (name) {
    case 'initialize':
      return { part: { initialize: value } };
    case 'leader': {
      const leader = parseLeader(value);
      return leader === undefined ? {} : { part: { leader } };
    }
    case 'config': {
      const { config, valid } = parseConfig(value, version);
      return { part: { config }, junk: valid ? undefined : NO_SENSE };
    }
    case 'failover': {
      const { failover, valid } = parseFailover(value, version);
      const junk = valid ? undefined : 'makes no sense, or its time is none';
      return { part: { failover }, junk };
    }
    case 'sync': {
      const { sync, valid } = parseSync(value, version);
      const part = { syncVersion: version, ...(sync ? { sync } : {}) };
      return { part, junk: valid ? undefined : NO_SENSE };
    }
    default:
      return readInformation(name, value);
  }
}

/** The documents that inform and decide nothing. */
function readInformation(name: string, value: string): Reading {
  switch (name) {
    case 'status': {
      const status = parseStatus(value);
      return { part: { status: status ?? EMPTY_STATUS }, junk: status ? undefined : NO_SENSE };
    }
    case 'optime/leader': {
      const status = parseStatus(value);
      const legacyStatus = status ?? EMPTY_STATUS;
      return { part: { legacyStatus }, junk: status ? undefined : NO_SENSE };
    }
    case 'history': {
      const history = parseHistory(value);
      return { part: { history: history ?? [] }, junk: history ? undefined : NO_SENSE };
    }
    case 'failsafe': {
      const failsafe = parseFailsafe(value);
      return failsafe ? { part: { failsafe } } : { junk: NO_SENSE };
    }
    default:
      return {};
  }
}
