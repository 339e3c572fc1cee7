import { describe, expect, it } from 'vitest';
import { contains } from '../../../sim/postgres/wal.ts';
import { type Place, PROMOTE, Rig, STOP, source } from './rig.ts';

const START = { kind: 'start', as: 'standby' } as const;

/** A primary on `b` since `a` was shut down with a commit that nobody else has. */
async function diverged(rig: Rig): Promise<void> {
  await rig.cluster();
  rig.cut(rig.a, rig.b);
  rig.cut(rig.a, rig.c);
  rig.a.server.instance.commit(1);
  await rig.good(rig.a, STOP);
  rig.heal();
  await rig.good(rig.b, PROMOTE);
}

function begin(place: Place, from: Place, kind: 'clone' | 'rewind') {
  return place.server.run({ kind, from: source(from) }, new AbortController().signal);
}

describe('clone', () => {
  it('is a copy that only PostgreSQL itself may recover', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    const { systemId, lsn } = await rig.look(rig.a);
    expect(await rig.look(rig.b)).toMatchObject({
      dataDirectory: 'initialized',
      state: 'stopped',
      backupLabel: true,
      controlState: 'in production',
      systemId,
      lsn,
    });
    const start = { kind: 'start', as: 'primary', from: undefined } as const;
    expect(await rig.job(rig.b, start)).toMatchObject({ ok: false });
    await rig.good(rig.b, { ...START, from: source(rig.a) });
    expect(await rig.look(rig.b)).toMatchObject({
      backupLabel: false,
      controlState: 'in archive recovery',
    });
  });

  it('renames what is in its way, and removes nothing', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.good(rig.b, STOP);
    const { flushed } = rig.b.server.instance.data;
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
    expect(rig.b.server.renamed).toEqual([flushed]);
    expect(rig.b.server.removed).toEqual([]);
  });

  it.each(['agent', 'source', 'told', 'cancelled', 'full', 'cut'])(
    'leaves an empty directory when it dies (%s)',
    async (how) => {
      const rig = new Rig();
      await rig.cluster();
      await rig.good(rig.b, STOP);
      const { faults } = rig.b.server.instance;
      if (how === 'told') faults.failNext('clone', 1);
      const cancel = new AbortController();
      const job = { kind: 'clone', from: source(rig.a) } as const;
      const outcome = rig.b.server.run(job, cancel.signal);
      await rig.pass(500);
      expect((await rig.look(rig.b)).dataDirectory).toBe('empty');
      if (how === 'agent') rig.replaceAgent(rig.b);
      else if (how === 'source') rig.a.server.kill();
      else if (how === 'cancelled') cancel.abort();
      else if (how === 'full') faults.diskFullUntil = Number.POSITIVE_INFINITY;
      else if (how === 'cut') rig.cut(rig.a, rig.b);
      if (how === 'agent') await rig.pass(30_000);
      else {
        const cancelled = how === 'cancelled';
        expect(await rig.result(outcome)).toMatchObject({ ok: false, cancelled });
      }
      expect((await rig.look(rig.b)).dataDirectory).toBe('empty');
    },
  );

  it('touches nothing when the source cannot be reached', async () => {
    const rig = new Rig();
    await rig.cluster();
    await rig.good(rig.b, STOP);
    rig.links.cut('a', 'b');
    expect(await rig.result(begin(rig.b, rig.a, 'clone'))).toMatchObject({ ok: false });
    expect((await rig.look(rig.b)).dataDirectory).toBe('initialized');
    expect(rig.b.server.renamed).toEqual([]);
  });

  it('the next agent can clone at once when the last one died with its own', async () => {
    const rig = new Rig();
    await rig.primary();
    void begin(rig.b, rig.a, 'clone');
    await rig.pass(200);
    const second = rig.job(rig.b, { kind: 'clone', from: source(rig.a) });
    expect(await second).toMatchObject({ ok: false, cancelled: false });
    rig.replaceAgent(rig.b);
    await rig.good(rig.b, { kind: 'clone', from: source(rig.a) });
  });

  it('stops the server that runs on the old directory, once it has its source', async () => {
    const rig = new Rig();
    await rig.cluster();
    const heal = rig.links.cut('a', 'b');
    expect(await rig.result(begin(rig.b, rig.a, 'clone'))).toMatchObject({ ok: false });
    expect(rig.b.server.running()).toBe(true);
    heal();
    const outcome = begin(rig.b, rig.a, 'clone');
    expect(rig.b.server.running()).toBe(false);
    expect(await rig.result(outcome)).toEqual({ ok: true });
    expect(rig.b.server.renamed).toHaveLength(1);
  });

  it('without a source restores a backup, if there is one', async () => {
    const rig = new Rig();
    await rig.primary();
    const job = { kind: 'clone', from: undefined } as const;
    expect(await rig.job(rig.b, job)).toMatchObject({ failure: 'there is no backup' });
    rig.b.server.backup = rig.a.server.instance.data.flushed;
    await rig.good(rig.b, job);
    expect((await rig.look(rig.b)).systemId).toBe((await rig.look(rig.a)).systemId);
  });
});

describe('promote', () => {
  it('leaves the timeline, and remembers where', async () => {
    const rig = new Rig();
    await rig.cluster();
    const promoted: number[] = [];
    rig.b.server.instance.on.promote = (timeline) => promoted.push(timeline);
    rig.a.server.kill();
    const { lsn } = await rig.look(rig.b);
    await rig.good(rig.b, PROMOTE);
    expect(await rig.look(rig.b)).toMatchObject({
      role: 'primary',
      timeline: 2,
      history: [{ timeline: 1, lsn }],
      controlState: 'in production',
      checkpointedSincePromote: false,
      follows: '',
    });
    expect(promoted).toEqual([2]);
    await rig.result(rig.b.server.checkpoint());
    expect((await rig.look(rig.b)).checkpointedSincePromote).toBe(true);
  });

  it('goes on when the agent dies', async () => {
    const rig = new Rig();
    await rig.cluster();
    void rig.b.server.run(PROMOTE, new AbortController().signal);
    rig.replaceAgent(rig.b);
    await rig.pass(1_000);
    expect(rig.b.server.acceptsWrites()).toBe(true);
  });

  it('that fails leaves a standby that streams', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.b.server.instance.faults.failNext('promote', 1);
    expect(await rig.job(rig.b, PROMOTE)).toMatchObject({ ok: false });
    await rig.pass(100);
    expect((await rig.look(rig.b)).replicationState).toBe('streaming');
  });

  it('is for running standbys', async () => {
    const rig = new Rig();
    await rig.primary();
    expect(await rig.job(rig.a, PROMOTE)).toMatchObject({ ok: false });
  });
});

describe('rewind', () => {
  it('is refused while the server runs', async () => {
    const rig = new Rig();
    await rig.cluster();
    expect(await rig.result(begin(rig.b, rig.a, 'rewind'))).toMatchObject({ ok: false });
    expect(rig.b.server.running()).toBe(true);
  });

  it('puts a diverged server on the branch of its source', async () => {
    const rig = new Rig();
    await diverged(rig);
    await rig.result(rig.b.server.checkpoint());
    await rig.good(rig.a, { kind: 'rewind', from: source(rig.b) });
    const { data } = rig.a.server.instance;
    expect(contains(rig.b.server.instance.data.flushed, data.flushed)).toBe(true);
    await rig.good(rig.a, { ...START, from: source(rig.b) });
    await rig.pass(100);
    expect(await rig.look(rig.a)).toMatchObject({ timeline: 2, replicationState: 'streaming' });
  });

  it('is refused before the first checkpoint of the source (P#2073)', async () => {
    const rig = new Rig();
    await diverged(rig);
    const outcome = await rig.result(begin(rig.a, rig.b, 'rewind'));
    expect(outcome).toMatchObject({ ok: false, failure: 'no checkpoint since promotion' });
    expect((await rig.look(rig.a)).dataDirectory).toBe('initialized');
  });

  it('is refused when the target crashed', async () => {
    const rig = new Rig();
    await rig.cluster();
    rig.a.server.kill();
    await rig.good(rig.b, PROMOTE);
    await rig.result(rig.b.server.checkpoint());
    expect(await rig.result(begin(rig.a, rig.b, 'rewind'))).toMatchObject({ ok: false });
    expect((await rig.look(rig.a)).dataDirectory).toBe('initialized');
  });

  it.each(['agent', 'source', 'told', 'cancelled'])(
    'leaves a directory that is not to be started when it dies (%s, P#3652)',
    async (how) => {
      const rig = new Rig();
      await diverged(rig);
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
      const start = { ...START, from: source(rig.b) } as const;
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

describe('bootstrap', () => {
  it.each(['agent', 'told'])(
    'leaves wreckage when it dies (%s); the next one begins anew',
    async (how) => {
      const rig = new Rig();
      if (how === 'told') rig.a.server.instance.faults.failNext('bootstrap', 1);
      const outcome = rig.a.server.run({ kind: 'bootstrap' }, new AbortController().signal);
      await rig.pass(1_000);
      if (how === 'agent') rig.replaceAgent(rig.a);
      else expect(await rig.result(outcome)).toMatchObject({ ok: false });
      await rig.pass(10_000);
      expect(await rig.look(rig.a)).toMatchObject({
        dataDirectory: 'unfinished',
        controlState: '',
      });
      await rig.good(rig.a, { kind: 'bootstrap' });
    },
  );
});

describe('inspect', () => {
  it('tells what the source is', async () => {
    const rig = new Rig();
    await diverged(rig);
    const { systemId, lsn, history } = await rig.look(rig.b);
    expect(await rig.result(rig.a.server.inspect(source(rig.b)))).toEqual({
      ok: true,
      systemId,
      timeline: 2,
      lsn,
      inRecovery: false,
      checkpointedSincePromote: false,
      history,
    });
  });

  it.each(['cut', 'frozen', 'gone'])('says when there is no answer (%s)', async (how) => {
    const rig = new Rig();
    await rig.cluster();
    if (how === 'cut') rig.links.cut('b', 'a');
    else if (how === 'frozen') rig.b.server.freeze();
    else rig.b.server.kill();
    const before = rig.scheduler.now;
    expect(await rig.result(rig.a.server.inspect(source(rig.b)))).toMatchObject({ ok: false });
    if (how === 'gone') expect(rig.scheduler.now - before).toBeLessThan(100);
    else expect(rig.scheduler.now - before).toBeGreaterThanOrEqual(3_000);
  });
});

describe('short commands', () => {
  it('need a server that runs, where PostgreSQL does them', async () => {
    const rig = new Rig();
    await rig.primary();
    await rig.good(rig.a, STOP);
    await expect(rig.result(rig.a.server.checkpoint())).rejects.toThrow('does not run');
    await expect(rig.result(rig.a.server.syncSlots([]))).rejects.toThrow('does not run');
    await rig.result(rig.a.server.setSyncNames({ kind: 'off' }));
    await rig.result(rig.a.server.follow(undefined));
  });

  it('answer also when the server goes away meanwhile', async () => {
    const rig = new Rig();
    await rig.primary();
    const checkpoint = rig.a.server.checkpoint();
    rig.a.server.kill();
    await expect(rig.result(checkpoint)).rejects.toThrow('gone');
  });
});
