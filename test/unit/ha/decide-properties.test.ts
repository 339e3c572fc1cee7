import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, RULES } from '../../../src/ha/decide.ts';
import type { Answers, DcsSight, Facts } from '../../../src/ha/facts.ts';
import type { Job, JobSpec } from '../../../src/ha/job.ts';
import { leads } from '../../../src/ha/lease.ts';
import type { Memory } from '../../../src/ha/memory.ts';
import { NO_ORDERS, type Orders } from '../../../src/ha/orders.ts';
import type { Plan } from '../../../src/ha/plan.ts';
import { recall } from '../../../src/ha/recall.ts';
import type { PostgresView } from '../../../src/model/postgres.ts';
import type { Settings } from '../../../src/model/settings.ts';
import { member, primarySays, SILENT, says } from './cluster-of.ts';
import { factsOf, NOW, SYSTEM_ID, sees, seesNoLeader, standby } from './facts-of.ts';

// What holds for every decision, whatever the facts: drawn at random, also those that make no sense.

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);

const tags = oneOf<Record<string, unknown>>(
  {},
  { nofailover: true },
  { failover_priority: 0 },
  { failover_priority: 3 },
  { nosync: true },
  { nostream: true },
  { replicatefrom: 'pg3' },
);

const settings: fc.Arbitrary<Partial<Settings>> = fc.record({
  pause: fc.boolean(),
  synchronousMode: oneOf('off', 'on', 'quorum'),
  synchronousModeStrict: fc.boolean(),
  failsafeMode: fc.boolean(),
  checkTimeline: fc.boolean(),
  standbyCluster: fc.boolean(),
  remotePrimary: oneOf({ host: 'far' }, undefined),
  primaryStartTimeout: oneOf(0, 300),
  primaryRaceBackoff: oneOf(0, 20),
  usePgRewind: fc.boolean(),
});

const sync = oneOf(
  undefined,
  { leader: 'pg1', standbys: ['pg2'], quorum: 0, version: '1' },
  { leader: 'pg2', standbys: [], quorum: 0, version: '1' },
  { leader: 'pg1', standbys: ['pg2', 'pg3'], quorum: 1, version: '1' },
  { leader: 'pg1', standbys: ['pg3'], quorum: 0, version: '1' },
);

const failover = oneOf(
  undefined,
  { version: '7', leader: 'pg1', candidate: 'pg2' },
  { version: '7', leader: 'pg2' },
  { version: '7', candidate: 'pg2' },
  { version: '7', leader: 'pg2', scheduledAt: '2026-01-01T00:00:01+00:00' },
);

const dcs: fc.Arbitrary<DcsSight | undefined> = fc
  .record({
    leader: oneOf<string | undefined>(undefined, 'pg1', 'pg2', 'pg9'),
    sync,
    failover,
    initialize: oneOf<string | undefined>(undefined, '', SYSTEM_ID, '7999999999999999999'),
    failsafe: oneOf<Record<string, string> | undefined>(undefined, { pg1: 'a', pg2: 'b' }),
    owns: fc.boolean(),
    revision: oneOf(5, 10, 15),
    answers: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ leader, owns, revision, answers, ...documents }) => {
    if (answers === 0) return undefined;
    const members =
      answers < 3
        ? []
        : [member('pg1', { role: 'primary', connUrl: 'postgres://pg1/' }), member('pg2')];
    const base = leader === undefined ? seesNoLeader({ members }) : sees({ members, leader });
    const { initialize: _, ...view } = base.view;
    const present = Object.entries(documents).filter(([, value]) => value !== undefined);
    return {
      view: { ...view, ...Object.fromEntries(present) },
      ownsLock: owns && leader === 'pg2',
      revision,
    };
  });

const postgres: fc.Arbitrary<PostgresView> = fc
  .record({
    dataDirectory: fc.oneof(
      { weight: 5, arbitrary: fc.constant('initialized' as const) },
      {
        weight: 2,
        arbitrary: oneOf<PostgresView['dataDirectory']>(
          'empty',
          'unfinished',
          'half-rewound',
          'invalid',
          'inaccessible',
        ),
      },
    ),
    state: oneOf<PostgresView['state']>('stopped', 'starting', 'running', 'stopping'),
    role: oneOf<PostgresView['role']>('primary', 'standby'),
    answering: fc.boolean(),
    controlState: oneOf('in production', 'shut down', 'shut down in recovery', 'shutting down'),
    timeline: oneOf<number | undefined>(undefined, 1, 2),
    lsn: oneOf(0, 1000, 2000),
    replicationState: oneOf<PostgresView['replicationState']>('streaming', undefined),
    follows: oneOf('', 'pg1', 'pg3'),
    backupLabel: fc.boolean(),
    replayNeedsRestart: oneOf(false, false, false, true),
    checkpointedSincePromote: fc.boolean(),
    systemId: oneOf<string | undefined>(SYSTEM_ID, '7999999999999999999', undefined),
  })
  .map((change) => standby(change));

const specs: JobSpec[] = [
  { kind: 'bootstrap' },
  { kind: 'clone', from: undefined },
  { kind: 'crash-recovery' },
  { kind: 'rewind', from: { name: 'pg1', connUrl: '' } },
  { kind: 'start', as: 'primary', from: undefined },
  { kind: 'start', as: 'standby', from: undefined },
  { kind: 'stop', mode: 'fast', checkpoint: false, limit: undefined },
  { kind: 'restart', from: undefined },
  { kind: 'promote', above: 0 },
];

const job: fc.Arbitrary<Job | undefined> = fc.option(
  fc.record({
    spec: oneOf(...specs),
    startedAt: oneOf(NOW - 400_000, NOW - 1000),
    outcome: oneOf<Job['outcome']>(
      undefined,
      { ok: true },
      { ok: false, cancelled: false, failure: 'it broke' },
    ),
  }),
  { nil: undefined },
);

const peers = oneOf<Answers['peers']>(
  undefined,
  [],
  [
    { name: 'pg1', report: SILENT },
    { name: 'pg3', report: says() },
  ],
  [{ name: 'pg1', report: primarySays() }],
  [{ name: 'pg3', report: says({ receivedLsn: 9000 }) }],
);

const answers: fc.Arbitrary<Answers> = fc
  .record({
    lock: oneOf<Answers['lock']>(
      undefined,
      { outcome: 'held' },
      { outcome: 'lost' },
      { outcome: 'unknown' },
    ),
    peers,
    failsafe: oneOf<Answers['failsafe']>(undefined, 'accepted', 'refused'),
  })
  .map((all) => {
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given);
  });

const memory: fc.Arbitrary<Partial<Memory>> = fc.record({
  leaseUntil: oneOf<number | undefined>(undefined, NOW - 1, NOW + 1000, NOW + 20_000),
  acquireSentAt: oneOf<number | undefined>(undefined, NOW - 1000, NOW - 90_000),
  distrustUntil: oneOf<number | undefined>(undefined, NOW - 1, NOW + 1000),
  syncDistrusted: fc.boolean(),
  bootstrapping: fc.boolean(),
  systemId: oneOf<string | undefined>(undefined, SYSTEM_ID),
  steppingDown: oneOf<Memory['steppingDown']>(undefined, 'switchover', 'demote-cluster'),
  releasedAt: oneOf<number | undefined>(undefined, NOW - 1000),
  retryAfter: oneOf<number | undefined>(undefined, NOW + 1000),
  rewind: oneOf<Memory['rewind']>('clear', 'check', 'needed', 'failed'),
  stuck: oneOf<Memory['stuck']>(undefined, { since: NOW - 60_000, lsn: 1000 }),
  crashRecoveryTried: fc.boolean(),
  failsafePromise: oneOf<Memory['failsafePromise']>(undefined, {
    name: 'pg1',
    apiUrl: '',
    connUrl: '',
    slots: {},
    until: NOW + 1000,
  }),
});

const orders: fc.Arbitrary<Orders> = oneOf<Orders>(
  NO_ORDERS,
  NO_ORDERS,
  { ...NO_ORDERS, shutdown: true },
  { ...NO_ORDERS, restart: { id: 1, onlyIfPending: false } },
  { ...NO_ORDERS, scheduledRestart: { id: 1, onlyIfPending: false, at: 0, postmasterStart: '' } },
  { ...NO_ORDERS, reinitialize: { id: 1, force: true, fromLeader: false } },
);

const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    settings,
    dcs,
    postgres,
    job,
    answers,
    memory,
    orders,
    fence: fc.record({
      guard: oneOf<Facts['fence']['guard']>('alive', 'dead', 'off'),
      fenced: fc.boolean(),
      watchdog: oneOf<Facts['fence']['watchdog']>('usable', 'unusable', 'off'),
    }),
    self: fc.record({
      tags,
      bootstrap: fc.constant({}),
      clonesWithoutLeader: fc.boolean(),
      removeDataDirectoryOnDivergedTimelines: fc.boolean(),
    }),
  })
  .chain((change) => {
    const { view } = change.dcs ?? {};
    return fc.boolean().map((ledBefore) => {
      const known = ledBefore && view?.leader !== undefined ? { healthyView: view } : {};
      return factsOf({ ...change, memory: { ...change.memory, ...known } });
    });
  });

/** The same samples each time: CI is no place to be surprised. `SEED=…` draws others. */
const SEED = Number(process.env.SEED ?? 1);
const RUNS = { numRuns: 10_000, seed: SEED };
/** Milliseconds: the samples are many, and machines are slow at times. */
const PATIENCE = 120_000;

/** Checks something of every plan that acts. */
function everyPlan(check: (facts: Facts, plan: Extract<Plan, { do: unknown }>) => void): void {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const plan = decide(facts);
      if ('do' in plan) check(facts, plan);
    }),
    RUNS,
  );
}

const jobsOf = (plan: Extract<Plan, { do: unknown }>) =>
  plan.do.flatMap((action) => (action.kind === 'job' ? [action.job] : []));

describe('whatever the facts', { timeout: PATIENCE }, () => {
  it('there is an answer, and the same for the same facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(decide(facts)).toEqual(decide(facts));
      }),
      { numRuns: 5000, seed: SEED },
    );
  });

  it('nothing becomes a primary without a lease that holds', () => {
    everyPlan((facts, plan) => {
      const makes = jobsOf(plan).some(
        (spec) => spec.kind === 'promote' || (spec.kind === 'start' && spec.as === 'primary'),
      );
      if (makes) expect(leads(facts), plan.rule).toBe(true);
    });
  });

  it('a primary that another member leads over is being stopped, but in pause', () => {
    everyPlan((facts, plan) => {
      const running = facts.postgres.role === 'primary' && facts.postgres.state === 'running';
      const other = facts.dcs?.view.leader === 'pg1' && !leads(facts);
      const idle = !facts.job || facts.job.outcome;
      const known = facts.postgres.systemId === facts.dcs?.view.initialize;
      if (!running || !other || !idle || !known || facts.settings.pause) return;
      if (facts.postgres.dataDirectory !== 'initialized' || facts.orders !== NO_ORDERS) return;
      // A bootstrap that has just ended leaves data that are not finished, or stopped ones.
      if (facts.fence.fenced || facts.job?.spec.kind === 'bootstrap') return;
      expect(
        jobsOf(plan).map(({ kind }) => kind),
        plan.rule,
      ).toContain('stop');
    });
  });

  it('the lock is never given away by a server that may accept writes, unless it is stopped first', () => {
    everyPlan((facts, plan) => {
      const kinds = plan.do.map(({ kind }) => kind);
      const { state, role, controlState, dataDirectory } = facts.postgres;
      const writes = role === 'primary' && state === 'running' && dataDirectory === 'initialized';
      if (!kinds.includes('release') || !writes || facts.settings.pause) return;
      if (facts.postgres.systemId !== facts.dcs?.view.initialize) return;
      if (controlState === 'shut down' && plan.rule === 'busy.archiving') return;
      expect(kinds.indexOf('job'), plan.rule).toBeGreaterThanOrEqual(0);
      expect(kinds.indexOf('job'), plan.rule).toBeLessThan(kinds.indexOf('release'));
    });
  });

  it('data are copied over only by order, where there are none, or where the node allows it', () => {
    everyPlan((facts, plan) => {
      if (!jobsOf(plan).some(({ kind }) => kind === 'clone')) return;
      const { dataDirectory } = facts.postgres;
      const nothing = dataDirectory === 'empty' || dataDirectory === 'unfinished';
      const { self, orders: asked } = facts;
      const allowed =
        self.removeDataDirectoryOnDivergedTimelines || self.removeDataDirectoryOnRewindFailure;
      expect(nothing || allowed || asked.reinitialize !== undefined, plan.rule).toBe(true);
    });
  });

  it('in pause PostgreSQL is started and stopped only for an order or a request', () => {
    everyPlan((facts, plan) => {
      const { steppingDown, releasedAt } = facts.memory;
      if (!facts.settings.pause || facts.orders !== NO_ORDERS) return;
      if (facts.dcs?.view.failover || steppingDown || releasedAt) return;
      const kinds = jobsOf(plan).map(({ kind }) => kind);
      expect(
        kinds.filter((kind) => ['stop', 'start', 'restart', 'clone'].includes(kind)),
        plan.rule,
      ).toEqual([]);
    });
  });

  it('a member that may never lead does not ask for the lock', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const plan = decide(facts);
        const barred =
          facts.self.tags.nofailover === true || facts.self.tags.failover_priority === 0;
        if (!('ask' in plan) || plan.ask.kind !== 'acquire' || !barred) return;
        // A server that is a primary already may keep what it has; it is not promoted.
        expect(facts.postgres.role, plan.rule).toBe('primary');
      }),
      RUNS,
    );
  });

  it('what a look is remembered by does not change with a second look at the same', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const once = { ...facts, memory: { ...facts.memory, ...recall(facts) } };
        const twice = { ...once, memory: { ...once.memory, ...recall(once) } };
        expect(twice.memory).toEqual(once.memory);
      }),
      { numRuns: 5000, seed: SEED },
    );
  });
});

describe('the rules', { timeout: PATIENCE }, () => {
  it('have names of their own, in their phase, and a reason', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const { name, phase, why } of RULES) {
      expect(name.startsWith(`${phase}.`)).toBe(true);
      expect(why.split(' ').length, name).toBeGreaterThan(4);
    }
  });

  it('are all reached by some facts', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(anyFacts, (facts) => {
        reached.add(decide(facts).rule);
        // Most rules are for a node with nothing else on its hands.
        const calm = { ...facts.settings, pause: false };
        reached.add(
          decide({ ...facts, settings: calm, job: undefined, orders: NO_ORDERS, answers: {} }).rule,
        );
      }),
      { numRuns: 90_000, seed: SEED },
    );
    // The last one is there for what nobody has thought of.
    const others = RULES.slice(0, -1).map(({ name }) => name);
    expect(others.filter((name) => !reached.has(name))).toEqual([]);
  });
});
