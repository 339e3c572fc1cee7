import { InvariantError } from '../../../src/model/errors.ts';
import type { ValueChange } from '../../../src/model/member.ts';
import type { Source, SyncNames } from '../../../src/model/postgres.ts';
import type { Process } from '../process.ts';
import type { Random } from '../random.ts';
import type { Data, DataDirectory } from './data.ts';
import { Faults } from './faults.ts';
import { type Done, Postmaster } from './postmaster.ts';
import { Receiver } from './receiver.ts';
import { Senders } from './senders.ts';
import { append, type CommitId, contains, type NewRecord, type WalRecord } from './wal.ts';
import type { PostgresHost, PostgresWorld } from './world.ts';

/** What others want to hear of a server. */
export interface Listener {
  /** The client was told that its commit is done. */
  ack?: (commit: CommitId) => void;
  /** The client got an error instead: the commit may last or not. */
  fail?: (commit: CommitId) => void;
  /** The server left recovery for a new timeline. */
  promote?: (timeline: number) => void;
}

export interface InstanceOptions {
  readonly host: PostgresHost;
  readonly world: PostgresWorld;
  readonly random: Random;
  /** Records that are kept for standbys without a slot; absent: all. */
  readonly walKeep?: number;
}

interface PendingRestart {
  readonly of: Process | undefined;
  readonly changes: Readonly<Record<string, ValueChange>>;
}

/** A data directory, and the server that runs on it or does not. */
export class Instance {
  readonly name: string;
  readonly world: PostgresWorld;
  readonly random: Random;
  readonly walKeep: number | undefined;
  readonly on: Listener = {};
  readonly faults = new Faults();
  readonly postmaster: Postmaster;
  readonly senders: Senders;
  readonly receiver: Receiver;
  /** A standby applies what it received after so many ms. */
  replayDelay = 0;
  #replayPaused = false;
  #directory: DataDirectory = 'empty';
  #data: Data | undefined;
  #version = 0;
  /** Parameters whose values wait for a restart of the present postmaster. */
  #pending: PendingRestart = { of: undefined, changes: {} };
  /** The postmaster that will end for want of space. */
  #doomed: Process | undefined;

  constructor({ host, world, random, walKeep }: InstanceOptions) {
    this.name = host.name;
    this.world = world;
    this.random = random;
    this.walKeep = walKeep;
    this.postmaster = new Postmaster(this);
    this.senders = new Senders(this);
    this.receiver = new Receiver(this);
  }

  get directory(): DataDirectory {
    return this.#directory;
  }

  get hasData(): boolean {
    return this.#data !== undefined;
  }

  /** What is in the data directory; an error when there is no cluster in it. */
  get data(): Data {
    if (this.#data === undefined) throw new InvariantError(`${this.name} has no data`);
    return this.#data;
  }

  /** Another content of the data directory, of a server that does not run. */
  install(directory: DataDirectory, data: Data | undefined): void {
    if (this.postmaster.process !== undefined) throw new InvariantError(`${this.name} runs`);
    this.#directory = directory;
    this.#data = data;
    this.touch();
  }

  /** Grows with every change that can be seen. */
  get version(): number {
    return this.#version;
  }

  /** Something has changed that can be seen. */
  touch(): void {
    this.#version += 1;
  }

  /** A session that is open now could write: judged by the server alone. */
  get acceptsWrites(): boolean {
    return this.postmaster.serves && !this.data.standbySignal;
  }

  /** A standby that may have a walreceiver. */
  get replicates(): boolean {
    const { state, promoting } = this.postmaster;
    return state === 'running' && this.data.standbySignal && !promoting;
  }

  get isDiskFull(): boolean {
    return this.faults.diskFullUntil > this.world.scheduler.now;
  }

  /** The server of this member, when it can be connected to from here. */
  reach(source: Source): Instance | undefined {
    const { links } = this.world;
    const there = this.world.serverOf(source.name)?.instance;
    if (there === undefined || there === this || !there.postmaster.serves) return undefined;
    const heard = links.latency(this.name, there.name) !== undefined;
    return heard && links.latency(there.name, this.name) !== undefined ? there : undefined;
  }

  /** A client's commit: it is flushed, and `on` tells when the client hears of it. */
  commit(id: CommitId, size?: number): 'flushed' | 'refused' {
    if (!this.acceptsWrites) return 'refused';
    if (this.isDiskFull) {
      this.#sufferFullDisk();
      return 'refused';
    }
    const record = { kind: 'commit' as const, commit: id };
    this.senders.wait(this.write(size === undefined ? record : { ...record, size }));
    return 'flushed';
  }

  /** For a while writes fail; then WAL cannot be written either, and the server crashes. */
  #sufferFullDisk(): void {
    const { postmaster } = this;
    if (this.#doomed === postmaster.process) return;
    this.#doomed = postmaster.process;
    postmaster.after(this.random.int(2_000, 20_000), () => {
      this.#doomed = undefined;
      if (this.isDiskFull) postmaster.exit();
    });
  }

  /** A parameter that takes a restart gets another value in the configuration. */
  setParameter(name: string, change: ValueChange): void {
    const { process } = this.postmaster;
    if (process === undefined) return;
    this.#pending = { of: process, changes: { ...this.pendingRestart, [name]: change } };
    this.touch();
  }

  /** What has been changed since the server was started. */
  get pendingRestart(): Readonly<Record<string, ValueChange>> {
    const { of, changes } = this.#pending;
    return of !== undefined && of === this.postmaster.process ? changes : {};
  }

  /** Writes and flushes one record, and sends it. */
  write(record: NewRecord): WalRecord {
    const { data } = this;
    const written = append(data.flushed, record);
    data.flushed = written;
    data.replayed = written;
    this.touch();
    this.senders.push();
    return written;
  }

  /** `CHECKPOINT`: calls back when it is done, or with a failure. */
  checkpoint(done: Done): void {
    const { postmaster } = this;
    let over = false;
    const end = (failure?: string): void => {
      if (!over) done(failure);
      over = true;
    };
    postmaster.process?.onKill(() => end('the server has gone'));
    postmaster.after(this.random.int(50, 500), () => {
      if (postmaster.state !== 'running') return end('the server is shutting down');
      if (this.isDiskFull) return end('no space left on device');
      if (!this.data.standbySignal) this.write({ kind: 'checkpoint' });
      end();
    });
  }

  /** `synchronous_standby_names` of now; clients that waited may hear. */
  setSyncNames(names: SyncNames): void {
    this.data.syncNames = names;
    this.touch();
    this.senders.settle();
  }

  /** WAL has come in up to this record. False: it is of a branch that was left before. */
  receive(tip: WalRecord): boolean {
    const { data } = this;
    if (this.isDiskFull) return false;
    if (!contains(tip, data.replayed)) return contains(data.replayed, tip);
    data.knownTimeline = Math.max(data.knownTimeline, tip.timeline);
    // What was received beyond a fork, and not applied yet, is thrown away.
    if (!contains(data.flushed, tip)) data.flushed = tip;
    if (this.replayDelay === 0) this.#apply(tip);
    else this.postmaster.after(this.replayDelay, () => this.#apply(tip));
    this.touch();
    this.senders.push();
    return true;
  }

  get replayPaused(): boolean {
    return this.#replayPaused && this.replicates;
  }

  /** `pg_wal_replay_pause`, or `…_resume`. A promotion does not wait for it. */
  pauseReplay(on: boolean): void {
    this.#replayPaused = on;
    if (this.replicates) this.#apply(this.data.flushed);
    this.touch();
  }

  #apply(tip: WalRecord): void {
    const { data } = this;
    if (this.replayPaused || !contains(data.flushed, tip) || contains(data.replayed, tip)) return;
    data.replayed = tip;
    this.touch();
    this.postmaster.received();
  }
}
