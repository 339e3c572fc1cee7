import { isDeepStrictEqual } from 'node:util';
import type { Source } from '../../../src/model/postgres.ts';
import type { Instance } from './instance.ts';
import type { Slot } from './slots.ts';
import { Stream } from './stream.ts';
import { contains, type WalRecord } from './wal.ts';

/** `wal_retrieve_retry_interval`, in ms. */
const RETRY = 5_000;
const FIRST_ATTEMPT = 20;

/** The walreceiver of a standby: connects, and tries again as long as that fails. */
export class Receiver {
  readonly #instance: Instance;
  #stream: Stream | undefined;
  #attempt: { cancel(): void } | undefined;
  /** Something was streamed since the server started. */
  hasReceived = false;
  /** The source said at the last attempt that it has removed WAL that is needed here. */
  #isStarved = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  get isStarved(): boolean {
    return this.#isStarved && !this.streams;
  }

  get streams(): boolean {
    return this.#stream !== undefined;
  }

  start(): void {
    if (this.#instance.data.source !== undefined) this.#plan(FIRST_ATTEMPT);
  }

  stop(silently = false): void {
    this.#attempt?.cancel();
    this.#attempt = undefined;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.end('standby', silently);
    this.#instance.touch();
  }

  /** `primary_conninfo` was changed, without a restart. */
  follow(source: Source | undefined): void {
    const { data, postmaster } = this.#instance;
    const same = isDeepStrictEqual(data.source, source);
    data.source = source;
    if (same) return;
    this.stop();
    if (this.#instance.replicates || postmaster.hungry) this.start();
  }

  lost(stream: Stream): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#instance.touch();
    this.#plan(RETRY);
  }

  probe(): void {
    this.#stream?.probe('standby');
  }

  #plan(ms: number): void {
    const { world, postmaster } = this.#instance;
    this.#attempt?.cancel();
    this.#attempt = world.scheduler.after(ms, () => this.#connect(), postmaster.process);
  }

  #connect(): void {
    const { data } = this.#instance;
    const { source } = data;
    if (source === undefined || this.#stream !== undefined) return;
    const sender = this.#instance.reach(source);
    const canStart = sender !== undefined && canStream(sender, this.#instance, source);
    this.#isStarved = canStart && !hasWal(sender, data.flushed, slotFor(sender, source));
    if (!canStart || this.#isStarved) {
      this.#plan(RETRY);
      return;
    }
    this.#stream = new Stream(sender, this.#instance, slotFor(sender, source));
    this.hasReceived = true;
    this.#instance.touch();
    sender.senders.add(this.#stream);
  }
}

/** What the handshake of a walreceiver finds out, history files and all. */
function canStream(sender: Instance, standby: Instance, source: Source): boolean {
  const tip = sender.data.flushed;
  const { data } = standby;
  if (tip.system !== data.flushed.system || standby.isDiskFull) return false;
  // The history files are fetched first. From then on a promotion here avoids their numbers.
  data.knownTimeline = Math.max(data.knownTimeline, tip.timeline);
  const slot = slotFor(sender, source);
  if (source.slot !== undefined && !isFree(slot, standby)) return false;
  return onTheWay(tip, data.needs ?? data.replayed);
}

function isFree(slot: Slot | undefined, standby: Instance): boolean {
  return slot !== undefined && (slot.usedBy ?? standby.name) === standby.name;
}

/** A standby that is a bit ahead of its source on the same timeline just waits for it. */
function onTheWay(tip: WalRecord, replayed: WalRecord): boolean {
  if (contains(tip, replayed)) return true;
  return tip.timeline === replayed.timeline && contains(replayed, tip);
}

function hasWal(sender: Instance, from: WalRecord, slot: Slot | undefined): boolean {
  const { walKeep, data } = sender;
  if (from.depth < data.walFrom) return false;
  if (walKeep === undefined || sender.data.flushed.depth - from.depth <= walKeep) return true;
  return slot?.restartLsn !== undefined && slot.restartLsn <= from.lsn;
}

function slotFor(sender: Instance, source: Source): Slot | undefined {
  if (source.slot === undefined) return undefined;
  const slot = sender.data.slots.get(source.slot);
  return slot?.type === 'physical' ? slot : undefined;
}
