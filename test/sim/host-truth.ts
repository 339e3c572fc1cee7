import type { Agent } from '../../src/agent/agent.ts';
import type { TickRecord } from '../../src/agent/ports.ts';
import type { Tags } from '../../src/model/member.ts';
import type { SyncNames } from '../../src/model/postgres.ts';
import type { HostSight, Position } from './checkers/checker.ts';
import type { SimHost } from './host.ts';
import type { Instance } from './postgres/instance.ts';
import { contains, hasCommit } from './postgres/wal.ts';
import type { Writable } from './workload.ts';

/** Jobs that are worth a count, by the words that a tick has for them. */
const OPERATION = /^(bootstrap|clone|rewind|crash-recovery|restart|promote|start as \w+)$/;

/** What is true of a host, whatever its agent believes: what checkers and clients see of it. */
export class HostTruth implements HostSight, Writable {
  readonly name: string;
  readonly tags: Tags;
  readonly #host: SimHost;
  readonly #operations: Record<string, number> = {};
  /** The last one that had a tick: when it is gone, what it did last still stands. */
  #agent: Agent | undefined;

  constructor(host: SimHost) {
    this.name = host.name;
    this.tags = host.node.tags;
    this.#host = host;
  }

  get #server(): Instance {
    return this.#host.postgres.instance;
  }

  /** Counts what the agent began. */
  count(tick: TickRecord): void {
    this.#agent = this.#host.program ?? this.#agent;
    for (const deed of tick.did) {
      if (OPERATION.test(deed)) this.#operations[deed] = (this.#operations[deed] ?? 0) + 1;
    }
  }

  /** Calls back for every commit that a client is told of. */
  onAck(call: (commit: number) => void): void {
    this.#server.on.ack = (commit) => call(Number(commit));
  }

  agentSince(): number | undefined {
    return this.#host.agentSince();
  }

  guardSince(): number | undefined {
    return this.#host.guardSince();
  }

  session(): string | undefined {
    return this.#host.session();
  }

  believesInPause(): boolean {
    return this.#agent?.status().pause ?? false;
  }

  acceptsWrites(): boolean {
    return this.#server.acceptsWrites;
  }

  write(commit: number): void {
    this.#server.commit(commit);
  }

  has(commit: number): boolean {
    return this.#server.hasData && hasCommit(this.#server.data.flushed, commit);
  }

  position(): Position {
    const { postmaster, hasData } = this.#server;
    const running = postmaster.serves;
    if (!hasData) return { ...NOWHERE, running };
    const { data, receiver } = this.#server;
    return {
      running,
      waitsForWal: postmaster.hungry,
      inRecovery: data.standbySignal,
      streaming: running && receiver.streams,
      timeline: data.flushed.timeline,
      lsn: data.flushed.lsn,
      systemId: data.flushed.system.id,
    };
  }

  isBehind(other: HostTruth): boolean {
    if (!this.#server.hasData || !other.#server.hasData) return false;
    return contains(other.#server.data.flushed, this.#server.data.flushed);
  }

  syncNames(): SyncNames {
    return this.#server.hasData ? this.#server.data.syncNames : { kind: 'off' };
  }

  dataLosses(): readonly string[] {
    const { renamed, removed } = this.#host.postgres;
    const { clone = 0, bootstrap = 0 } = this.#operations;
    if (renamed.length <= clone + bootstrap) return removed;
    return [...removed, 'a data directory was renamed, and not for a clone'];
  }

  operations(): Readonly<Record<string, number>> {
    return this.#operations;
  }
}

const NOWHERE: Position = {
  running: false,
  waitsForWal: false,
  inRecovery: false,
  streaming: false,
  timeline: undefined,
  lsn: 0,
  systemId: undefined,
};
