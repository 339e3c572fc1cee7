import type { AgentPorts, KnownCluster, TickRecord } from '../../../src/agent/ports.ts';
import type { Brain } from '../../../src/agent/ticks.ts';
import type { AgentDcs, WriteRequest } from '../../../src/dcs/agent-dcs.ts';
import type { Document } from '../../../src/dcs/dcs.ts';
import type { Facts } from '../../../src/ha/facts.ts';
import type { JobOutcome, JobSpec } from '../../../src/ha/job.ts';
import type { Acting, Plan } from '../../../src/ha/plan.ts';
import type { Node } from '../../../src/model/node.ts';
import type { PostgresView } from '../../../src/model/postgres.ts';
import { NODE as PG2, primary } from '../ha/facts-of.ts';

export const NODE: Node = {
  ...PG2,
  name: 'pg1',
  connUrl: 'postgres://10.0.0.1:5432/postgres',
  apiUrl: 'http://10.0.0.1:8008/patroni',
};

export const PRIMARY: PostgresView = primary({
  lsn: 100,
  checkpointLsn: 90,
  serverVersion: 160004,
});

export const STANDBY: PostgresView = {
  ...PRIMARY,
  role: 'standby',
  receivedLsn: 100,
  replayedLsn: 90,
  replicationState: 'streaming',
};

/** A clock that the test moves, for sleeps that can be cut short. */
class HandClock {
  now = 1000;
  #sleepers: { until: number; wake: () => void }[] = [];

  monotonic = (): number => this.now;
  wall = (): number => this.now;
  sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const abort = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      };
      const wake = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { until: this.now + ms, wake };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', abort);
    });

  /** Lets `ms` pass; every sleep that ends in between resolves, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const next = this.#sleepers.sort((one, other) => one.until - other.until)[0];
      if (!next || next.until > end) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.now = Math.max(this.now, next.until);
      next.wake();
    }
    this.now = end;
    await settled();
  }
}

/** Resolves when every promise that could settle by itself has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A job in the hands of the test. */
export interface HeldJob {
  readonly spec: JobSpec;
  readonly signal: AbortSignal;
  readonly end: (outcome: JobOutcome) => void;
}

/** A world of one node: everything succeeds at once, unless a test replaces it. */
export class FakeWorld {
  readonly clock = new HandClock();
  postgres: PostgresView = PRIMARY;
  documents: Document[] = [];
  readonly jobs: HeldJob[] = [];
  readonly calls: string[] = [];
  readonly writes: WriteRequest[] = [];
  readonly deadlines: number[] = [];
  readonly records: TickRecord[] = [];
  readonly dcs: AgentDcs = {
    read: async () => ({ documents: this.documents, ownsLock: true, revision: 1 }),
    acquire: async () => 'held',
    renew: async () => 'held',
    release: async () => void this.calls.push('release'),
    publish: async () => void this.calls.push('publish'),
    write: async (request) => {
      this.writes.push(request);
      return 'done';
    },
    watch: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    close: async () => void this.calls.push('close'),
  };
  /** The dynamic configurations that PostgreSQL was given. */
  readonly configured: Readonly<Record<string, unknown>>[] = [];
  /** What the agent before knew of the cluster, or this one has kept. */
  known: KnownCluster | undefined;
  readonly ports: AgentPorts = {
    node: NODE,
    scope: 'demo',
    dcs: this.dcs,
    server: {
      observe: async () => this.postgres,
      configure: async (dynamic) => void this.configured.push(dynamic),
      run: (spec, signal) =>
        new Promise((end) => {
          this.jobs.push({ spec, signal, end });
        }),
      setSyncNames: async () => void this.calls.push('set-sync-names'),
      follow: async () => void this.calls.push('follow'),
      syncSlots: async () => void this.calls.push('sync-slots'),
      checkpoint: async () => void this.calls.push('checkpoint'),
      finishBootstrap: async () => void this.calls.push('finish-bootstrap'),
      inspect: async () => ({ ok: false, failure: 'no route' }),
    },
    peers: {
      status: async () => ({ ok: false, failure: 'no route' }),
      failsafe: async () => true,
    },
    fence: {
      sight: () => ({ guard: 'alive', fenced: false, watchdog: 'off' }),
      extend: (deadline) => void this.deadlines.push(deadline),
      disarm: () => void this.calls.push('disarm'),
      start: () => void this.calls.push('start-guard'),
    },
    clock: this.clock,
    recollection: {
      load: () => this.known,
      keep: (known) => {
        this.known = known;
      },
    },
    random: () => 0.5,
    record: (tick) => void this.records.push(tick),
    exit: (code) => void this.calls.push(`exit ${code}`),
  };
}

/** A brain that does as it is told, and keeps what it was shown. */
export class Puppet implements Brain {
  readonly seen: Facts[] = [];
  readonly #next: (facts: Facts) => Plan;
  upkeep: Omit<Acting, 'say'> = { do: [] };
  readonly upkeepSeen: Facts[] = [];

  constructor(next: (facts: Facts) => Plan = () => idle()) {
    this.#next = next;
  }

  decide(facts: Facts): Plan {
    this.seen.push(facts);
    return this.#next(facts);
  }

  maintain(facts: Facts): Omit<Acting, 'say'> {
    this.upkeepSeen.push(facts);
    return this.upkeep;
  }
}

export function idle(more: Partial<Acting> = {}): Plan & Acting {
  return { rule: 'test.idle', do: [], say: 'nothing', ...more };
}

/** Asks once, then acts. */
export function asks(ask: Extract<Plan, { ask: unknown }>['ask'], then: Partial<Acting> = {}) {
  return ({ answers }: Facts): Plan =>
    Object.keys(answers).length === 0 ? { rule: 'test.ask', ask } : idle(then);
}
