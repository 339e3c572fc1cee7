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
  const groups = new Map<number | undefined, SnapshotDocument[]>();
  for (const document of documents) {
    const others = groups.get(document.group);
    if (others) others.push(document);
    else groups.set(document.group, [document]);
  }
  if (group !== undefined) {
    const own = groups.get(group) ?? groups.get(undefined) ?? [];
    return assemble({ scope, group, documents: own, workers: new Map() });
  }
  const plain = groups.get(undefined);
  if (plain || groups.size === 0) {
    return assemble({ scope, documents: plain ?? [], workers: new Map() });
  }
  return citusView(scope, groups);
}

function citusView(
  scope: string,
  groups: ReadonlyMap<number | undefined, readonly SnapshotDocument[]>,
): ClusterView {
  const workers = new Map<number, ClusterView>();
  const numbers = [...groups.keys()].filter((number) => number !== undefined);
  for (const group of numbers.sort((one, other) => one - other)) {
    if (group === COORDINATOR) continue;
    const documents = groups.get(group) ?? [];
    workers.set(group, assemble({ scope, group, documents, workers: new Map() }));
  }
  const documents = groups.get(COORDINATOR) ?? [];
  return assemble({ scope, group: COORDINATOR, documents, workers });
}

/** What is known so far; each document adds its part. */
interface Parts {
  initialize?: string;
  config?: ClusterConfig;
  leader?: string;
  status?: Status;
  legacyStatus?: Status;
  members: Member[];
  failover?: Failover;
  sync?: Sync;
  syncVersion?: string;
  history?: readonly HistoryLine[];
  failsafe?: Readonly<Record<string, string>>;
}

function assemble(input: {
  scope: string;
  group?: number | undefined;
  documents: readonly SnapshotDocument[];
  workers: ReadonlyMap<number, ClusterView>;
}): ClusterView {
  const { scope, group, workers } = input;
  const parts: Parts = { members: [] };
  const warnings: string[] = [];
  for (const document of input.documents) {
    const junk = addDocument(parts, document);
    if (junk) warnings.push(`${placeOf(scope, group, document.name)} ${junk}`);
  }
  const { members, status, legacyStatus, ...rest } = parts;
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

/** Adds one document; returns what is wrong with it, if anything. */
function addDocument(parts: Parts, document: SnapshotDocument): string | undefined {
  const { name, value, version } = document;
  if (name.startsWith('members/')) {
    const { member, valid } = parseMember(name.slice('members/'.length), value, version);
    parts.members.push(member);
    return valid ? undefined : NO_SENSE;
  }
  switch (name) {
    case 'initialize':
      parts.initialize = value;
      return undefined;
    case 'leader': {
      const leader = parseLeader(value);
      if (leader !== undefined) parts.leader = leader;
      return undefined;
    }
    case 'config': {
      const { config, valid } = parseConfig(value, version);
      parts.config = config;
      return valid ? undefined : NO_SENSE;
    }
    case 'failover': {
      const { failover, valid } = parseFailover(value, version);
      parts.failover = failover;
      return valid ? undefined : 'makes no sense, or its time is none';
    }
    case 'sync': {
      const { sync, valid } = parseSync(value, version);
      if (sync) parts.sync = sync;
      parts.syncVersion = version;
      return valid ? undefined : NO_SENSE;
    }
    default:
      return addInformation(parts, document);
  }
}

/** The documents that inform and decide nothing. */
function addInformation(parts: Parts, document: SnapshotDocument): string | undefined {
  const { name, value } = document;
  switch (name) {
    case 'status': {
      const status = parseStatus(value);
      parts.status = status ?? EMPTY_STATUS;
      return status ? undefined : NO_SENSE;
    }
    case 'optime/leader': {
      const status = parseStatus(value);
      parts.legacyStatus = status ?? EMPTY_STATUS;
      return status ? undefined : NO_SENSE;
    }
    case 'history': {
      const history = parseHistory(value);
      parts.history = history ?? [];
      return history ? undefined : NO_SENSE;
    }
    case 'failsafe': {
      const failsafe = parseFailsafe(value);
      if (failsafe) parts.failsafe = failsafe;
      return failsafe ? undefined : NO_SENSE;
    }
    default:
      return undefined;
  }
}
