import type { StandbyView } from '../../../src/model/postgres.ts';
import type { Instance } from './instance.ts';
import type { Stream } from './stream.ts';
import { type Connected, confirmedDepth, syncStateOf } from './sync-commit.ts';
import type { WalRecord } from './wal.ts';

/** The walsenders of a server, and the commits that wait for what standbys confirm. */
export class Senders {
  readonly #instance: Instance;
  #streams: readonly Stream[] = [];
  /** In the order of writing. */
  #waiting: WalRecord[] = [];

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  add(stream: Stream): void {
    // What is left of the standby's last connection goes, should nobody have noticed its end.
    const old = this.#streams.filter(({ standby }) => standby === stream.standby);
    for (const one of old) one.end('sender', true);
    if (stream.slot !== undefined) stream.slot.usedBy = stream.standby.name;
    this.#streams = [...this.#streams, stream];
    this.#instance.touch();
    stream.push();
  }

  /** For a stream that has ended. */
  remove(stream: Stream): void {
    this.#streams = this.#streams.filter((other) => other !== stream);
    this.confirmed();
  }

  push(): void {
    for (const stream of this.#streams) stream.push();
  }

  probe(): void {
    for (const stream of this.#streams) stream.probe('sender');
  }

  /** A commit was flushed here; its client waits until it is safe. */
  wait(record: WalRecord): void {
    this.#waiting.push(record);
    this.settle();
  }

  /** A standby confirmed something, or is there no more. */
  confirmed(): void {
    this.#instance.touch();
    this.settle();
    this.#instance.postmaster.drained();
  }

  /** Tells the clients whose commits are as safe as `synchronous_standby_names` asks. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const depth = confirmedDepth(this.#instance.data.syncNames, this.#connected());
    const done = this.#waiting.findIndex((record) => record.depth > depth);
    const safe = this.#waiting.splice(0, done < 0 ? this.#waiting.length : done);
    for (const { commit } of safe) if (commit !== undefined) this.#instance.on.ack?.(commit);
  }

  /** Clients that wait get an error: their commits may last or not. */
  dismissClients(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { commit } of waiting) if (commit !== undefined) this.#instance.on.fail?.(commit);
  }

  endAll(silently: boolean): void {
    for (const stream of this.#streams) stream.end('sender', silently);
  }

  get allCaughtUp(): boolean {
    return this.#streams.every(({ caughtUp }) => caughtUp);
  }

  /** `pg_stat_replication`. */
  view(): StandbyView[] {
    const names = this.#instance.data.syncNames;
    const connected = this.#connected();
    return this.#streams.map(({ standby, confirmed }) => ({
      name: standby.name,
      state: 'streaming',
      syncState: syncStateOf(names, connected, standby.name),
      flushLsn: confirmed?.lsn ?? 0,
      replayLsn: Math.min(confirmed?.lsn ?? 0, replayedBy(standby)),
    }));
  }

  #connected(): Connected[] {
    return this.#streams.flatMap(({ standby, confirmed }) =>
      confirmed === undefined ? [] : [{ name: standby.name, depth: confirmed.depth }],
    );
  }
}

/** A connection may outlast its standby's data, as long as nobody told the sender. */
function replayedBy(standby: Instance): number {
  return standby.hasData ? standby.data.replayed.lsn : 0;
}
