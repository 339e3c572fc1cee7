import { describe, expect, it } from 'vitest';
import { contains } from '../../../sim/postgres/wal.ts';
import { AS_PRIMARY, AS_STANDBY, has, PROMOTE, Rig, STOP, source } from './rig.ts';

describe('rewind', () => {
  it('is refused while the server runs', async () => {
    const rig = new Rig();
    await rig.cluster();
    expect(await rig.job(rig.b, { kind: 'rewind', from: source(rig.a) })).toMatchObject({
      ok: false,
    });
    expect(rig.b.server.running()).toBe(true);
  });

  it('puts a diverged server on the branch of its source', async () => {
    const rig = new Rig();
    await rig.diverged();
    await rig.result(rig.b.server.checkpoint());
    await rig.good(rig.a, { kind: 'rewind', from: source(rig.b) });
    const { data } = rig.a.server.instance;
    expect(contains(rig.b.server.instance.data.flushed, data.flushed)).toBe(true);
    await rig.good(rig.a, { ...AS_STANDBY, from: source(rig.b) });
    await rig.pass(100);
    expect(await rig.look(rig.a)).toMatchObject({ timeline: 2, replicationState: 'streaming' });
  });

  /** `a` was rewound from `b`, which wrote something meanwhile that `c` has got. */
  async function rewound(): Promise<Rig> {
    const rig = new Rig();
    await rig.diverged();
    await rig.result(rig.b.server.checkpoint());
    await rig.result(rig.c.server.follow(source(rig.b)));
    await rig.pass(100);
    const rewinding = rig.begin(rig.a, { kind: 'rewind', from: source(rig.b) });
    await rig.pass(200);
    rig.b.server.instance.commit(2);
    expect(await rig.result(rewinding)).toEqual({ ok: true });
    return rig;
  }

  it('leaves a server that takes no connections before it has what was written meanwhile', async () => {
    const rig = await rewound();
    rig.b.server.kill();
    const end = (await rig.look(rig.c)).lsn;
    expect(await rig.look(rig.a)).toMatchObject({ state: 'stopped', timeline: 2, lsn: end });
    const starting = rig.begin(rig.a, { ...AS_STANDBY, from: source(rig.b) });
    await rig.pass(30_000);
    expect(await rig.look(rig.a)).toMatchObject({ state: 'starting', follows: 'b', lsn: end });
    await rig.result(rig.a.server.follow(source(rig.c)));
    expect(await rig.result(starting)).toEqual({ ok: true });
    expect(await rig.look(rig.a)).toMatchObject({ state: 'running', follows: 'c' });
    expect(has(rig.a, 2)).toBe(true);
  });

  it('leaves a server whose start takes too long when nobody has that', async () => {
    const rig = await rewound();
    rig.b.server.kill();
    const start = { ...AS_STANDBY, from: source(rig.b) } as const;
    const starting = rig.begin(rig.a, start);
    await rig.pass(60_000);
    expect(await rig.result(starting)).toMatchObject({ ok: false, cancelled: false });
    expect(await rig.look(rig.a)).toMatchObject({ state: 'starting', answering: true });
    await rig.good(rig.a, STOP);
    expect(await rig.look(rig.a)).toMatchObject({ controlState: 'shut down in recovery' });
    await rig.good(rig.b, AS_PRIMARY);
    await rig.good(rig.a, start);
    expect(has(rig.a, 2)).toBe(true);
  });

  it('is refused before the first checkpoint of the source (P#2073)', async () => {
    const rig = new Rig();
    await rig.diverged();
    const outcome = await rig.job(rig.a, { kind: 'rewind', from: source(rig.b) });
    expect(outcome).toMatchObject({ ok: false, failure: 'no checkpoint since promotion' });
    expect((await rig.look(rig.a)).dataDirectory).toBe('initialized');
  });

  it('is refused when the target crashed', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.kill();
    await rig.good(rig.b, PROMOTE);
    await rig.result(rig.b.server.checkpoint());
    expect(await rig.job(rig.a, { kind: 'rewind', from: source(rig.b) })).toMatchObject({
      ok: false,
    });
    expect((await rig.look(rig.a)).dataDirectory).toBe('initialized');
  });

  it.each(['agent', 'source', 'told', 'cancelled'])(
    'leaves a directory that is not to be started when it dies (%s, P#3652)',
    async (how) => {
      const rig = new Rig();
      await rig.diverged();
      await rig.result(rig.b.server.checkpoint());
      if (how === 'told') rig.a.server.instance.faults.failNext('rewind', 1);
      const cancel = new AbortController();
      const outcome = rig.a.server.run({ kind: 'rewind', from: source(rig.b) }, cancel.signal);
      await rig.pass(200);
      if (how === 'agent') rig.replaceAgent(rig.a);
      else if (how === 'source') rig.b.server.kill();
      else if (how === 'cancelled') cancel.abort();
      if (how === 'agent') await rig.pass(10_000);
      else expect(await rig.result(outcome)).toMatchObject({ ok: false });
      await rig.pass(10_000);
      expect((await rig.look(rig.a)).dataDirectory).toBe('half-rewound');
      const start = { ...AS_STANDBY, from: source(rig.b) } as const;
      expect(await rig.job(rig.a, start)).toMatchObject({ ok: false });
      if (how === 'source') return;
      await rig.good(rig.a, { kind: 'clone', from: source(rig.b) });
    },
  );

  it('changes nothing when nothing has diverged', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.good(rig.b, STOP);
    await rig.good(rig.b, { kind: 'rewind', from: source(rig.a) });
    expect(await rig.look(rig.b)).toMatchObject({
      dataDirectory: 'initialized',
      controlState: 'shut down in recovery',
      backupLabel: false,
    });
  });
});
