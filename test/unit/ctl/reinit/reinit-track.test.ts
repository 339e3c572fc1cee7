import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  isEnd,
  type ReinitEnd,
  type ReinitTrack,
  startTrack,
} from '../../../../src/ctl/reinit/reinit-track.ts';
import type { NodeStatus } from '../../../../src/model/node-status.ts';
import { parseNodeStatus } from '../../../../src/wire/rest.ts';

const OLD = '2026-01-01 10:00:00+00:00';
const NEW = '2026-01-01 11:00:00+00:00';
const COPY = { state: 'creating replica', role: 'replica' };
const STARTED = { state: 'running', role: 'replica', postmaster_start_time: NEW, timeline: 2 };
const STREAMS = { ...STARTED, replication_state: 'streaming' };
const BEFORE = { ...STREAMS, postmaster_start_time: OLD };

type Body = Record<string, unknown>;
/** Before the request, the member did not answer. */
const SILENT = Symbol('silent');

function status(body: Body | undefined): NodeStatus | undefined {
  return body && parseNodeStatus(JSON.stringify({ patroni: { version: '4.1.5' }, ...body }));
}

/** Goes through the sights, ten seconds apart, with a patience of thirty. */
function through(
  sights: readonly (Body | undefined)[],
  {
    before = BEFORE as Body | typeof SILENT,
    leaderTimeline = 2 as number | undefined,
    streams = false,
  } = {},
): ReinitTrack | ReinitEnd {
  let step: ReinitTrack | ReinitEnd = startTrack(status(before === SILENT ? undefined : before));
  for (const [index, body] of sights.entries()) {
    if (isEnd(step)) return step;
    step = advance(step, {
      now: index * 10_000,
      status: status(body),
      leaderTimeline,
      leaderStreams: streams,
      patienceMs: 30_000,
    });
  }
  return step;
}

function repeat(body: Body, times: number): Body[] {
  return Array.from({ length: times }, () => body);
}

describe('reinit, seen from outside', () => {
  it('is done when a new server streams on the leader’s timeline', () => {
    const sights = [{ state: 'stopping' }, COPY, COPY, { state: 'stopped' }, { state: 'starting' }];
    expect(through([...sights, STREAMS])).toEqual({
      outcome: 'done',
      message: 'it runs and streams',
    });
    expect(through(sights)).toMatchObject({ phase: 'starting', copies: 1 });
  });

  it('is done when the copy was too quick to be seen', () => {
    expect(through([STREAMS])).toMatchObject({ outcome: 'done' });
  });

  it('is not done while the old server runs, and fails when it stays', () => {
    expect(through([BEFORE])).toMatchObject({ phase: 'requested' });
    expect(through(repeat(BEFORE, 5))).toMatchObject({
      outcome: 'failed',
      message: 'the server that ran before still runs: no copy was begun',
    });
  });

  it('is not done when the copy has ended but nothing streams', () => {
    expect(through([COPY, STARTED])).toMatchObject({ phase: 'catching up' });
    expect(through([COPY, ...repeat(STARTED, 5)])).toMatchObject({
      outcome: 'failed',
      message: 'it runs, but replicates from nobody',
    });
  });

  it('is not done on another timeline than the leader’s', () => {
    expect(through([COPY, ...repeat(STREAMS, 5)], { leaderTimeline: 3 })).toMatchObject({
      outcome: 'failed',
      message: 'it is on timeline 2, the leader on 3',
    });
  });

  it('takes the leader’s word for streaming where the member has none (Patroni 3.0)', () => {
    const old = { ...STARTED, patroni: { version: '3.0.2' } };
    expect(through([COPY, old], { streams: true })).toMatchObject({ outcome: 'done' });
    expect(through([COPY, ...repeat(old, 5)])).toMatchObject({
      outcome: 'done',
      message: 'it runs; it does not say if it streams',
    });
  });

  it('ends in archive recovery where that is how it stays', () => {
    const archive = { ...STARTED, replication_state: 'in archive recovery' };
    expect(through([COPY, archive])).toMatchObject({ phase: 'catching up' });
    expect(through([COPY, ...repeat(archive, 5)])).toMatchObject({ outcome: 'done' });
  });

  it.each(['start failed', 'crashed', 'stop failed'])('fails when it stays %s', (state) => {
    expect(through([COPY, { state }])).toMatchObject({ copies: 1 });
    const end = through([COPY, ...repeat({ state }, 5)]);
    expect(end).toMatchObject({ outcome: 'failed' });
    expect((end as ReinitEnd).message).toContain(state);
  });

  it('fails when it stays stopped, and says on which side of the copy', () => {
    const stopped = repeat({ state: 'stopped' }, 5);
    expect((through([COPY, ...stopped]) as ReinitEnd).message).toContain('the copy ended');
    expect((through(stopped) as ReinitEnd).message).toContain('no copy was begun');
  });

  it('gives a state that passes its time', () => {
    const sights = [
      COPY,
      { state: 'start failed' },
      { state: 'starting' },
      { state: 'start failed' },
    ];
    expect(through([...sights, { state: 'starting' }, STREAMS])).toMatchObject({ outcome: 'done' });
  });

  it('goes on after one copy that failed, and fails after three', () => {
    const fails = [COPY, { state: 'stopped' }];
    expect(through([...fails, COPY])).toMatchObject({ phase: 'copying', copies: 2 });
    expect(through([...fails, ...fails, ...fails, COPY])).toMatchObject({ outcome: 'failed' });
    expect(through([...fails, COPY, STREAMS])).toMatchObject({ outcome: 'done' });
  });

  it('fails when the member has become the leader', () => {
    expect(through([COPY, { ...STARTED, role: 'primary' }])).toMatchObject({ outcome: 'failed' });
  });

  it('knows a new server where none ran before', () => {
    const down = { state: 'start failed', role: 'replica' };
    expect(through([STREAMS], { before: down })).toMatchObject({ outcome: 'done' });
  });

  it('does not believe a running server when it does not know what was before', () => {
    expect(through([STREAMS], { before: SILENT })).toMatchObject({ phase: 'requested' });
    const after = through([COPY, STREAMS], { before: SILENT });
    expect(after).toMatchObject({ outcome: 'done' });
  });

  it('stays where it is when the member does not answer', () => {
    expect(through([COPY, undefined, undefined, undefined, undefined])).toMatchObject({
      phase: 'copying',
    });
  });

  it('is never done without a server that was started after the request', () => {
    const states = fc.constantFrom(
      'running',
      'stopped',
      'starting',
      'creating replica',
      'start failed',
      'unknown',
    );
    const sight = fc.record({
      state: states,
      postmaster_start_time: fc.constantFrom(OLD, NEW),
      replication_state: fc.constantFrom('streaming', 'in archive recovery'),
      role: fc.constant('replica'),
      timeline: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(fc.array(sight, { maxLength: 30 }), (sights) => {
        const end = through(sights);
        if (!isEnd(end) || end.outcome !== 'done') return;
        const anew = sights.some(
          ({ state, postmaster_start_time: started, timeline }) =>
            state === 'running' && started === NEW && timeline === 2,
        );
        expect(anew).toBe(true);
      }),
    );
  });
});
