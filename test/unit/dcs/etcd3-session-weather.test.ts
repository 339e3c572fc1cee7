import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentDcs, Snapshot } from '../../../src/dcs/agent-dcs.ts';
import { Compacted, LeaseGone, NoSuchApi, StaleToken } from '../../../src/dcs/etcd3/transport.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import { DcsError } from '../../../src/model/errors.ts';
import type { Request, Weather } from './fake-etcd.ts';
import { clusterDocuments, sessionRoom, watch } from './session-room.ts';

const TTL = 30;
const REQUESTS: readonly Request[] = ['range', 'txn', 'grant', 'keepAlive', 'revoke', 'watch'];

/** Everything that an agent may ask of its store, by a short name. */
const CALLS: Readonly<Record<string, (dcs: AgentDcs) => Promise<unknown>>> = {
  read: (dcs) => dcs.read(),
  acquire: (dcs) => dcs.acquire({ ttl: TTL, sync: 'absent' }),
  renew: (dcs) => dcs.renew({ ttl: TTL, status: '{"optime":1}' }),
  'renew with another TTL': (dcs) => dcs.renew({ ttl: 60 }),
  release: (dcs) => dcs.release('{"optime":2}'),
  publish: (dcs) => dcs.publish('{"state":"running"}', TTL),
  claim: (dcs) =>
    dcs.write({
      name: 'initialize',
      value: '',
      guard: 'absent',
      asLeader: false,
      withSession: true,
    }),
  'write as leader': (dcs) =>
    dcs.write({ name: 'sync', value: '{}', guard: 'any', asLeader: true, withSession: false }),
};

describe('whatever a transport throws', () => {
  const THROWN: readonly unknown[] = [
    new EndpointFailure('it closed', { maybeApplied: true }),
    new EndpointFailure('connection refused', { maybeApplied: false }),
    new EndpointFailure('no leader', { maybeApplied: false, passing: true }),
    new LeaseGone('gone'),
    new Compacted('compacted'),
    new StaleToken('stale'),
    new NoSuchApi('no such API'),
    new DcsError('refused'),
    new TypeError('a mistake of ours'),
    'a text',
    undefined,
  ];

  test.each(Object.keys(CALLS))('is a DcsError to who called: %s', async (name) => {
    for (const thrown of THROWN) {
      for (const which of REQUESTS) {
        const weather: Weather = {};
        const { dcs, clock } = sessionRoom([weather]);
        await dcs.read();
        await dcs.publish('{}', TTL);
        await dcs.acquire({ ttl: TTL, sync: 'absent' });
        weather.before = (what) => {
          if (what === which) throw thrown;
        };
        await clock.advance(20_000);
        const end = CALLS[name]?.(dcs).then(
          () => undefined,
          (error: unknown) => error,
        );
        await clock.advance(6000);
        const error = await end;
        if (error !== undefined) expect(error).toBeInstanceOf(DcsError);
      }
    }
  });

  test('is a DcsError to who watches', async () => {
    for (const thrown of THROWN) {
      for (const which of ['range', 'watch'] as const) {
        const weather: Weather = {};
        const { dcs, clock } = sessionRoom([weather]);
        weather.before = (what) => {
          if (what === which) throw thrown;
        };
        const { state } = await watch(dcs, clock);
        await clock.advance(6000);
        expect(state.end).toBeInstanceOf(DcsError);
      }
    }
  });
});

/** What happens in one step of a story. */
const STEP = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      agent: fc.nat(2),
      call: fc.constantFrom(...Object.keys(CALLS)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('read' as const), agent: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(15_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      name: fc.constantFrom('leader', 'config', 'failover', 'status', 'members/x'),
      value: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('lose' as const),
      what: fc.constantFrom(...REQUESTS),
      when: fc.constantFrom('before' as const, 'after' as const),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  fc.record({ kind: fc.constantFrom('break', 'silent', 'speak', 'elect', 'foreign') }),
  fc.record({ kind: fc.constant('expire' as const), agent: fc.nat(2) }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

test('what is seen was really so, is never older than before, and one agent has the lock', async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 40 }), tell), {
    numRuns: 300,
  });
});

/** Plays a story, and checks each snapshot against what etcd had at its revision. */
async function tell(steps: readonly Step[]): Promise<void> {
  let losses: { what: Request; when: 'before' | 'after' }[] = [];
  const lose = (when: 'before' | 'after') => (what: Request) => {
    const loss = losses.find((one) => one.what === what && one.when === when);
    if (!loss) return;
    losses = losses.filter((one) => one !== loss);
    throw new EndpointFailure('it closed the connection', { maybeApplied: true });
  };
  const room = sessionRoom([{ before: lose('before'), after: lose('after') }]);
  const { etcd, clock } = room;
  const disks = [room.disk, {}, {}];
  const agents = disks.map((disk, index) =>
    index === 0 ? room.dcs : room.connect(`pg${index + 1}`, disk),
  );
  const seen = agents.map(() => 0);
  const abort = new AbortController();
  for (const dcs of agents) void follow(dcs, abort.signal);

  async function check(index: number, { documents, revision, ownsLock }: Snapshot): Promise<void> {
    const shown = documents.map(({ name, value }) => [name, value]);
    expect(shown).toEqual(clusterDocuments(etcd.history.get(revision)));
    expect(revision).toBeGreaterThanOrEqual(seen[index] ?? 0);
    seen[index] = revision;
    const lease = etcd.leaseHistory.get(revision)?.get('/service/demo/leader');
    const session = disks[index]?.session?.split(' ') ?? [];
    if (ownsLock) expect(session).toContain(lease);
  }

  async function finish(call: Promise<unknown>): Promise<unknown> {
    const end = call.catch((error: unknown) => error);
    await clock.advance(0);
    await clock.advance(5000);
    return end;
  }

  for (const step of steps) {
    const dcs = 'agent' in step ? agents[step.agent] : undefined;
    if (step.kind === 'call' && dcs) {
      const end = await finish(CALLS[step.call]?.(dcs) ?? Promise.resolve());
      if (end instanceof Error) expect(end).toBeInstanceOf(DcsError);
      if (step.call === 'acquire' && end === 'held') {
        const { lease } = etcd.get('/service/demo/leader') ?? {};
        expect(disks[step.agent]?.session).toBe(lease);
      }
    } else if (step.kind === 'read' && dcs) {
      const end = await finish(dcs.read());
      if (end instanceof Error) expect(end).toBeInstanceOf(DcsError);
      else await check(step.agent, end as Snapshot);
    } else if (step.kind === 'wait') await clock.advance(step.ms);
    else if (step.kind === 'put') etcd.put(`/service/demo/${step.name}`, step.value);
    else if (step.kind === 'lose') {
      const { what, when } = step;
      losses = [...losses, ...Array.from({ length: step.times }, () => ({ what, when }))];
    } else if (step.kind === 'expire') etcd.expire(disks[step.agent]?.session ?? '');
    else if (step.kind === 'break') etcd.breakWatches();
    else if (step.kind === 'silent') etcd.beSilent();
    else if (step.kind === 'speak') etcd.speak();
    else if (step.kind === 'elect') etcd.term += 1;
    else if (step.kind === 'foreign') etcd.put('/service/other/leader', 'x');
    await clock.advance(0);
  }
  // In the end, with nothing lost any more, everybody sees what is there.
  losses = [];
  etcd.speak();
  await clock.advance(60_000);
  for (const [index, dcs] of agents.entries()) {
    const last = (await finish(dcs.read())) as Snapshot;
    await check(index, last);
    expect(last.documents.map(({ name, value }) => [name, value])).toEqual(
      clusterDocuments(etcd.history.get(etcd.revision)),
    );
  }
  abort.abort();
  await clock.advance(0);
}

/** As the agent does: watches again and again. */
async function follow(dcs: AgentDcs, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await dcs.watch(signal).catch((error: unknown) => {
      expect(error).toBeInstanceOf(DcsError);
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
