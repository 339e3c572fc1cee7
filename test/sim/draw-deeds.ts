import type { Deed } from './deeds.ts';
import { weighted } from './draw-cluster.ts';
import type { Profile } from './plan.ts';
import type { Random } from './random.ts';

/** What is done, and when. */
export type TimedDeed = readonly [at: number, deed: Deed];

/** The room that deeds are drawn for. Times in ms. */
export interface DeedsFrame {
  readonly profile: Profile;
  readonly nodes: number;
  readonly failsafe: boolean;
  readonly from: number;
  readonly until: number;
}

type Kind = 'agents' | 'network' | 'store' | 'postgres' | 'operators';
const KINDS: readonly Kind[] = ['agents', 'network', 'store', 'postgres', 'operators'];

/** How many times likelier the deeds are that a profile is named after. */
const FAVOUR = 8;

/** A draw of one deed: where it may happen, and how long it may last. */
interface Draw {
  readonly random: Random;
  /** A host, or who plays a part when the time comes: `@leader`, `@standby`. */
  readonly host: string;
  readonly other: string;
  readonly ms: number;
}

type Maker = (draw: Draw) => Deed;

/** Draws what happens: now and then, and often several things at once. Nothing outlasts `until`. */
export function drawDeeds(random: Random, frame: DeedsFrame): readonly TimedDeed[] {
  const deeds: TimedDeed[] = [];
  const pace = random.pick([15_000, 40_000, 90_000]);
  const temper = random.pick([10_000, 30_000, 120_000]);
  const company = random.fork('company');
  let at = frame.from;
  for (;;) {
    at += random.chance(0.35) ? random.int(0, 4000) : random.int(1000, 2 * pace);
    if (at >= frame.until - 2000) return deeds;
    const left = frame.until - at - 1000;
    const deed = drawDeed(random, frame, Math.min(left, duration(random, temper)));
    deeds.push([at, deed.kind === 'kill-agent' ? alsoPostgres(company, deed) : deed]);
  }
}

/** Often the agent dies with its PostgreSQL, and is back while the guard has the lock given away. */
function alsoPostgres(random: Random, deed: Extract<Deed, { kind: 'kill-agent' }>): Deed {
  if (random.chance(0.5)) return deed;
  const soon = random.int(50, 600);
  return { ...deed, kind: 'kill-both', ms: random.chance(0.5) ? Math.min(deed.ms, soon) : deed.ms };
}

/** Any size from a tenth of a second to `most`, the small ones as often as the large ones. */
function duration(random: Random, most: number): number {
  return Math.round(100 * (most / 100) ** random.next());
}

function drawDeed(random: Random, frame: DeedsFrame, ms: number): Deed {
  const kinds = KINDS.map((kind) => [kind === frame.profile ? FAVOUR : 1, kind] as const);
  const kind = weighted(random, kinds);
  const choices = Object.values(MAKERS[kind]);
  const host = drawHost(random, frame.nodes);
  const other = drawOther(random, frame.nodes, host);
  return weighted(random, choices)({ random, host, other, ms });
}

/** Half of all trouble hits the leader: that is where decisions are made. */
function drawHost(random: Random, nodes: number): string {
  if (random.chance(0.45)) return '@leader';
  if (random.chance(0.15)) return '@standby';
  return `pg${random.int(1, nodes)}`;
}

function drawOther(random: Random, nodes: number, host: string): string {
  const others = [];
  for (let index = 1; index <= nodes; index += 1) others.push(`pg${index}`);
  if (random.chance(0.4)) return host === '@leader' ? '@standby' : '@leader';
  return random.pick(others);
}

const MAKERS: Readonly<Record<Kind, readonly (readonly [number, Maker])[]>> = {
  agents: [
    [3, ({ host, ms }) => ({ kind: 'kill-agent', host, ms })],
    [3, ({ host, ms }) => ({ kind: 'freeze-agent', host, ms })],
    [1, ({ host }) => ({ kind: 'kill-guard', host })],
    [3, ({ host, ms }) => ({ kind: 'pause-host', host, ms })],
    [3, ({ host, ms }) => ({ kind: 'crash-host', host, ms })],
    [1, ({ host, random }) => ({ kind: 'step-clock', host, ms: random.int(-400, 400) * 1000 })],
    [0.5, ({ host, random }) => ({ kind: 'drift-clock', host, ppm: random.int(-1000, 1000) })],
  ],
  network: [
    [2, ({ host, other, ms }) => ({ kind: 'cut-link', from: host, to: other, ms })],
    [2, ({ host, other, ms }) => ({ kind: 'cut-link', from: other, to: host, ms })],
    [2, ({ host, other, ms, random }) => slowLink({ host, other, ms, random })],
    [4, ({ host, ms }) => ({ kind: 'cut-store', host, ms })],
    [4, ({ host, ms }) => ({ kind: 'isolate', host, ms })],
    [1, ({ host, ms }) => ({ kind: 'cut-link', from: host, to: 'store', ms })],
    [1, ({ host, ms }) => ({ kind: 'cut-link', from: 'store', to: host, ms })],
  ],
  store: [
    [3, ({ ms }) => ({ kind: 'store-down', ms })],
    [2, () => ({ kind: 'store-restart' })],
    [0.5, () => ({ kind: 'store-wipe' })],
    [1, () => ({ kind: 'store-backup' })],
    [0.7, () => ({ kind: 'store-restore' })],
    [1, () => ({ kind: 'store-compact' })],
    [2, ({ host, ms, random }) => ({ kind: 'lose-requests', host, ms, oneIn: random.int(1, 4) })],
    [2, ({ host, ms, random }) => ({ kind: 'lose-replies', host, ms, oneIn: random.int(1, 4) })],
    [2, ({ host, ms, random }) => slowStore({ host, ms, random })],
    [2, ({ host, ms }) => ({ kind: 'stale-reads', host, ms })],
  ],
  postgres: [
    [5, ({ host }) => ({ kind: 'kill-postgres', host })],
    [1, ({ host, random }) => ({ kind: 'slow-start', host, ms: random.int(1000, 90_000) })],
    [3, ({ host, random }) => failNext(host, random)],
    [1, ({ host, ms }) => ({ kind: 'disk-full', host, ms })],
    [2, ({ host, ms }) => ({ kind: 'hang-monitoring', host, ms })],
  ],
  operators: [
    [4, ({ other, random }) => switchover(other, random)],
    [2, ({ other }) => ({ kind: 'failover', candidate: other })],
    [3, ({ host, random }) => restart(host, random)],
    [1, ({ host, random }) => ({ kind: 'reinitialize', host, force: random.chance(0.5) })],
    [1, ({ random }) => ({ kind: 'pause', on: random.chance(0.4) })],
    [3, ({ random }) => ({ kind: 'edit-config', patch: random.pick(PATCHES) })],
    [3, ({ host, ms }) => ({ kind: 'stop-agent', host, ms })],
  ],
};

function slowLink({ host, other, ms, random }: Draw): Deed {
  return { kind: 'slow-link', from: host, to: other, ms, delay: random.int(5, 3000) };
}

function slowStore({ host, ms, random }: Omit<Draw, 'other'>): Deed {
  return { kind: 'slow-store', host, ms, delay: random.pick([50, 500, 3000, 12_000]) };
}

function failNext(host: string, random: Random): Deed {
  const what = random.pick([
    'start',
    'rewind',
    'clone',
    'promote',
    'crash-recovery',
    'bootstrap',
  ] as const);
  return { kind: 'fail-next', host, what, times: random.int(1, 3) };
}

function switchover(candidate: string, random: Random): Deed {
  return {
    kind: 'switchover',
    ...(random.chance(0.5) ? { candidate } : {}),
    ...(random.chance(0.2) ? { inMs: random.int(5000, 60_000) } : {}),
  };
}

function restart(host: string, random: Random): Deed {
  return {
    kind: 'restart',
    host,
    ...(random.chance(0.3) ? { inMs: random.int(5000, 60_000) } : {}),
  };
}

/** Changes that an operator may make at any time. */
const PATCHES: readonly Readonly<Record<string, unknown>>[] = [
  { synchronous_mode: true },
  { synchronous_mode: 'quorum' },
  { synchronous_mode: false },
  { synchronous_mode_strict: true },
  { synchronous_mode_strict: null },
  { synchronous_node_count: 2 },
  { synchronous_node_count: 1 },
  { ttl: 20, loop_wait: 5, retry_timeout: 5 },
  { ttl: 30, loop_wait: 10, retry_timeout: 10 },
  { ttl: 60, loop_wait: 10, retry_timeout: 10 },
  { failsafe_mode: true },
  { failsafe_mode: false },
  { check_timeline: true },
  { primary_start_timeout: 0 },
  { primary_start_timeout: 300 },
  { maximum_lag_on_failover: 1000 },
  { postgresql: { use_slots: false } },
  { postgresql: { use_slots: true } },
  { slots: { keep_phys: { type: 'physical' } } },
];
