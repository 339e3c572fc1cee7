import type { PostgresView, Source, SourceReport } from '../../../src/model/postgres.ts';
import { sourceAddress } from '../../../src/model/source-address.ts';
import type { Instance } from './instance.ts';
import { slotView } from './slots.ts';

/** PostgreSQL 17. */
const SERVER_VERSION = 170_000;
/** When the world begins, on every wall clock. */
const EPOCH = Date.UTC(2025, 0, 1);

/** What a look at the server shows, when it answers. */
export function look(instance: Instance): PostgresView {
  const files = lookAtFiles(instance);
  if (instance.postmaster.state !== 'running') return files;
  const { data, receiver, senders } = instance;
  const standby = data.standbySignal;
  return {
    ...files,
    answering: true,
    receivedLsn: standby && receiver.hasReceived ? data.flushed.lsn : undefined,
    replayedLsn: standby ? data.replayed.lsn : undefined,
    replayPaused: instance.replayPaused,
    replicationState: standby && receiver.streams ? 'streaming' : undefined,
    standbys: senders.view(),
    syncNames: data.syncNames,
    slots: [...data.slots.values()].map(slotView),
  };
}

/** What files and processes tell, without a word from the server. */
export function lookAtFiles(instance: Instance): PostgresView {
  const { state, process, bornAt } = instance.postmaster;
  const data = instance.hasData ? instance.data : undefined;
  const tip = data && (data.needs ?? data.flushed);
  return {
    dataDirectory: instance.directory,
    systemId: tip?.system.id,
    state,
    // Nothing to ask is an answer too.
    answering: state !== 'running',
    role: instance.postmaster.role,
    controlState: data?.controlState ?? '',
    timeline: tip?.timeline,
    lsn: tip?.lsn ?? 0,
    receivedLsn: undefined,
    replayedLsn: undefined,
    replayPaused: false,
    replayNeedsRestart: false,
    replicationState: undefined,
    ...(state === 'stopped' ? ALONE : followedBy(data?.source)),
    backupLabel: data?.backupLabel ?? false,
    history: tip?.history ?? [],
    checkpointLsn: tip?.checkpoint.lsn ?? 0,
    checkpointedSincePromote: tip !== undefined && tip.checkpoint.timeline === tip.timeline,
    postmasterStart: process && new Date(EPOCH + bornAt).toISOString(),
    serverVersion: SERVER_VERSION,
    pendingRestart: instance.pendingRestart,
    standbys: [],
    syncNames: { kind: 'off' },
    slots: [],
  };
}

const ALONE = { follows: '', followsAddress: undefined, followsSlot: '' };

/** A server goes by its files, also when it has not come up. */
function followedBy(source: Source | undefined): Pick<PostgresView, keyof typeof ALONE> {
  if (source === undefined) return ALONE;
  const { name, slot = '' } = source;
  return { follows: name, followsAddress: sourceAddress(source), followsSlot: slot };
}

/** What a server tells over the replication protocol. */
export function report(instance: Instance): SourceReport {
  if (!instance.postmaster.serves) return { ok: false, failure: 'connection refused' };
  const { flushed, standbySignal } = instance.data;
  return {
    ok: true,
    systemId: flushed.system.id,
    timeline: flushed.timeline,
    lsn: flushed.lsn,
    inRecovery: standbySignal,
    checkpointedSincePromote: flushed.checkpoint.timeline === flushed.timeline,
    history: flushed.history,
  };
}
