import type { Order, OrderReply } from '../../../../src/agent/orders.ts';
import type { FailsafeMessage } from '../../../../src/agent/ports.ts';
import type { AgentState } from '../../../../src/agent/state.ts';
import type { RestApiSettings } from '../../../../src/config/agent-settings.ts';
import type { WriteRequest } from '../../../../src/dcs/agent-dcs.ts';
import type { Document } from '../../../../src/dcs/dcs.ts';
import { DcsError } from '../../../../src/model/errors.ts';
import type { MemberReport, NodeStatus } from '../../../../src/model/node-status.ts';
import { DEFAULT_SETTINGS } from '../../../../src/model/settings.ts';
import type { RestBackend, RestLog } from '../../../../src/rest/server/backend.ts';
import { parseSnapshot } from '../../../../src/wire/snapshot.ts';
import { NODE } from '../../ha/facts-of.ts';

/** What pg2, a standby that streams, says of itself. */
export function statusOf(change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    name: 'pg2',
    version: '4.1.5',
    scope: 'demo',
    state: 'running',
    role: 'replica',
    timeline: 1,
    receivedLsn: 1000,
    replayedLsn: 900,
    replayedAt: '2026-11-23 03:48:04.634169+00:00',
    replayPaused: false,
    replicationState: 'streaming',
    syncStandby: false,
    quorumStandby: false,
    pause: false,
    clusterUnlocked: false,
    failsafeActive: false,
    dcsLastSeen: 1795406713,
    tags: {},
    watchdogFailed: false,
    pendingRestart: false,
    pendingRestartReason: {},
    postmasterStartTime: '2026-11-23 03:46:34.479631+00:00',
    serverVersion: 150020,
    systemId: '7711208307656228743',
    replication: [],
    ...change,
  };
}

/** The same as a primary. */
export function primaryStatus(change: Partial<NodeStatus> = {}): NodeStatus {
  const { receivedLsn, replayedLsn, replayedAt, replicationState, ...rest } = statusOf();
  return { ...rest, role: 'primary', location: 1000, ...change };
}

/** The documents of a cluster of three, which pg1 leads; undefined removes one. */
export function documentsOf(change: Readonly<Record<string, string | undefined>> = {}): Document[] {
  const member = (name: string, more: object): string =>
    JSON.stringify({
      conn_url: `postgres://${name}:5432/postgres`,
      api_url: `http://${name}:8008/patroni`,
      state: 'running',
      version: '4.1.5',
      timeline: 1,
      ...more,
    });
  const texts: Readonly<Record<string, string | undefined>> = {
    initialize: '7711208307656228743',
    config: '{"ttl":30,"loop_wait":10,"postgresql":{"parameters":{"max_connections":100}}}',
    leader: 'pg1',
    status: '{"optime":1000}',
    history: '[[1,25312,"no recovery target specified","2026-05-01T10:11:12+00:00","pg2"]]',
    'members/pg1': member('pg1', { role: 'primary', xlog_location: 1000 }),
    'members/pg2': member('pg2', { role: 'replica', xlog_location: 900, receive_lsn: 900 }),
    'members/pg3': member('pg3', { role: 'replica', xlog_location: 1000 }),
    ...change,
  };
  return Object.entries(texts).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: name as Document['name'], value, version: `v-${name}` }],
  );
}

/** An agent in the hands of a test. */
export class FakeBackend implements RestBackend {
  readonly node = NODE;
  readonly scope = 'demo';
  documents = documentsOf();
  /** True: the store does not answer. */
  down = false;
  now = 1_000_000;
  wallMs = Date.UTC(2026, 10, 24);
  current: AgentState;
  reports: Readonly<Record<string, MemberReport>> = {};
  fresh: () => Promise<NodeStatus> = async () => this.current.status;
  reply: (order: Order) => Promise<OrderReply> = async () => ({ ok: true, text: 'done' });
  accepts = true;
  readonly orders: Order[] = [];
  readonly writes: WriteRequest[] = [];
  readonly messages: FailsafeMessage[] = [];
  readonly lines: string[] = [];
  readonly asked: string[] = [];
  reads = 0;
  wakes = 0;
  reloads = 0;
  readonly #waiting = new Set<() => void>();

  constructor(change: Partial<AgentState> = {}) {
    const view = parseSnapshot(this.scope, this.documents);
    this.current = {
      status: statusOf(),
      view,
      known: view,
      settings: DEFAULT_SETTINGS,
      leaseUntil: undefined,
      tickedAt: this.now,
      latestEndLsn: undefined,
      ...change,
    };
  }

  readonly clock = { monotonic: () => this.now, wall: () => this.wallMs };

  readonly dcs = {
    peek: async () => {
      this.reads += 1;
      if (this.down) throw new DcsError('no endpoint answers');
      return this.documents;
    },
    /** What a store does with a write; a test may replace it. */
    write: async (request: WriteRequest): Promise<'done' | 'conflict'> => {
      if (this.down) throw new DcsError('no endpoint answers');
      this.writes.push(request);
      const before = this.documents.find(({ name }) => name === request.name);
      const { guard } = request;
      if (typeof guard === 'object' && guard.version !== before?.version) return 'conflict';
      this.put(request.name, request.value);
      return 'done';
    },
  };

  readonly peers = {
    status: async ({ name }: { name: string }): Promise<MemberReport> => {
      this.asked.push(name);
      return this.reports[name] ?? { ok: false, failure: 'no answer' };
    },
  };

  state = (): AgentState => this.current;
  freshStatus = (): Promise<NodeStatus> => this.fresh();
  order = (order: Order): Promise<OrderReply> => {
    this.orders.push(order);
    return this.reply(order);
  };
  receiveFailsafe = (message: FailsafeMessage): boolean => {
    this.messages.push(message);
    return this.accepts;
  };
  wake = (): void => {
    this.wakes += 1;
  };
  reload = (): void => {
    this.reloads += 1;
  };
  nextTick = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  log: RestLog = (level, text) => void this.lines.push(`${level} ${text}`);

  /** Changes what the agent says. */
  says(change: Partial<AgentState>): void {
    this.current = { ...this.current, ...change };
  }

  /** Writes a document, or removes it; its version is another one then. */
  put(name: string, value: string | undefined): void {
    this.documents = this.documents.filter((one) => one.name !== name);
    if (value === undefined) return;
    const version = `v${this.reads}-${this.writes.length}-${name}`;
    this.documents.push({ name: name as Document['name'], value, version });
  }

  /** A tick has ended: whoever waits for it goes on. */
  tick(): void {
    for (const resolve of this.#waiting) resolve();
  }

  get waiting(): number {
    return this.#waiting.size;
  }
}

/** The settings of a server on a free port of 127.0.0.1. */
export function restApi(change: Partial<RestApiSettings> = {}): RestApiSettings {
  return {
    listenHost: '127.0.0.1',
    listenPort: 0,
    connectAddress: '127.0.0.1:8008',
    username: undefined,
    password: undefined,
    certfile: undefined,
    keyfile: undefined,
    keyfilePassword: undefined,
    cafile: undefined,
    ciphers: undefined,
    verifyClient: 'none',
    allowlist: [],
    allowlistIncludeMembers: false,
    httpExtraHeaders: {},
    httpsExtraHeaders: {},
    serverTokens: 'original',
    requestQueueSize: 5,
    ...change,
  };
}
