import { InvariantError } from '../../../src/model/errors.ts';
import type { Process } from '../process.ts';
import type { Instance } from './instance.ts';
import type { Slot } from './slots.ts';
import { lastCommon, type WalRecord } from './wal.ts';

/** `wal_sender_timeout` and `wal_receiver_timeout`, in ms. */
const TIMEOUT = 10_000;
/** What a cut link swallowed is sent again after so many ms. */
const RESEND = 500;

type Side = 'sender' | 'standby';

/**
 * One replication connection. WAL goes in rounds: everything there is, one way; the position that
 * was flushed, back. Nothing happens while there is nothing to send.
 */
export class Stream {
  readonly sender: Instance;
  readonly standby: Instance;
  readonly slot: Slot | undefined;
  /** What the standby confirmed to have flushed; undefined before its first word. */
  confirmed: WalRecord | undefined;
  readonly #processes: Readonly<Record<Side, Process>>;
  /** Which side still takes it for connected: news of an end may get lost. */
  readonly #attached: Record<Side, boolean> = { sender: true, standby: true };
  readonly #watched: Record<Side, boolean> = { sender: false, standby: false };
  #unconfirmedSince: number | undefined;
  #silentSince: number | undefined;

  constructor(sender: Instance, standby: Instance, slot: Slot | undefined) {
    this.sender = sender;
    this.standby = standby;
    this.slot = slot;
    this.#processes = { sender: lifeOf(sender), standby: lifeOf(standby) };
  }

  /** Sends what is new; while a round is on its way, that goes with the next one. */
  push(): void {
    if (this.#unconfirmedSince !== undefined || this.caughtUp) return;
    this.#unconfirmedSince = this.#now;
    this.#watch('sender');
    this.#send();
  }

  /** True when the standby has everything, as far as the sender knows. */
  get caughtUp(): boolean {
    return this.confirmed === this.sender.data.flushed;
  }

  /** One side has had enough. The other is told, if a packet gets through. */
  end(side: Side, silently = false): void {
    const other = side === 'sender' ? 'standby' : 'sender';
    this.#detach(side);
    if (!silently && this.#latency(side, other) !== undefined) this.#detach(other);
  }

  /** A look at the connection: a side that hears nothing gives it up in the end. */
  probe(side: Side): void {
    if (this.#healthy) this.#silentSince = undefined;
    else {
      this.#silentSince ??= this.#now;
      this.#watch(side);
    }
  }

  #send(): void {
    if (!this.#open) return;
    const latency = this.#latency('sender', 'standby');
    const { flushed } = this.sender.data;
    if (latency === undefined) this.#after(RESEND, 'sender', () => this.#send());
    else this.#after(latency, 'standby', () => this.#arrive(flushed));
  }

  #arrive(tip: WalRecord): void {
    if (!this.#open) return;
    if (!this.standby.receive(tip)) {
      this.end('standby');
      return;
    }
    const flushed = lastCommon(this.standby.data.flushed, tip);
    if (flushed !== undefined) this.#confirm(flushed);
  }

  #confirm(flushed: WalRecord): void {
    const latency = this.#latency('standby', 'sender');
    if (latency === undefined) this.#after(RESEND, 'standby', () => this.#confirm(flushed));
    else this.#after(latency, 'sender', () => this.#hear(flushed));
  }

  #hear(flushed: WalRecord): void {
    if (!this.#open) return;
    this.#unconfirmedSince = undefined;
    this.confirmed = flushed;
    if (this.slot !== undefined) this.slot.restartLsn = flushed.lsn;
    this.sender.senders.confirmed();
    this.push();
  }

  #watch(side: Side): void {
    if (this.#watched[side]) return;
    this.#watched[side] = true;
    this.#after(TIMEOUT, side, () => {
      this.#watched[side] = false;
      if (this.#attached[side]) this.#judge(side);
    });
  }

  #judge(side: Side): void {
    this.probe(side);
    const since = Math.min(this.#unconfirmedSince ?? this.#now, this.#silentSince ?? this.#now);
    if (!this.#open || this.#now - since >= TIMEOUT) this.end(side);
    else if (this.#unconfirmedSince !== undefined) this.#watch(side);
  }

  #detach(side: Side): void {
    if (!this.#attached[side]) return;
    this.#attached[side] = false;
    if (side === 'standby') {
      this.standby.receiver.lost(this);
      return;
    }
    if (this.slot !== undefined) this.slot.usedBy = undefined;
    this.sender.senders.remove(this);
  }

  get #open(): boolean {
    return this.#attached.sender && this.#attached.standby;
  }

  get #healthy(): boolean {
    const { sender, standby } = this.#processes;
    return (
      this.#open &&
      !sender.frozen &&
      !standby.frozen &&
      this.#latency('sender', 'standby') !== undefined &&
      this.#latency('standby', 'sender') !== undefined
    );
  }

  #latency(from: Side, to: Side): number | undefined {
    return this.sender.world.links.latency(this[from].name, this[to].name);
  }

  #after(ms: number, side: Side, run: () => void): void {
    this.sender.world.scheduler.after(ms, run, this.#processes[side]);
  }

  get #now(): number {
    return this.sender.world.scheduler.now;
  }
}

function lifeOf(instance: Instance): Process {
  const { process } = instance.postmaster;
  if (process === undefined) throw new InvariantError(`${instance.name} does not run`);
  return process;
}
