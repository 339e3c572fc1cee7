import { expect } from 'vitest';
import type { Server } from '../../src/agent/ports.ts';
import type { JobOutcome, JobSpec } from '../../src/ha/job.ts';
import type { PostgresView, SlotView, Source } from '../../src/model/postgres.ts';

// What an agent counts on, of a real PostgreSQL and of the simulated one alike: the simulation is
// worth as much as its fakes are true.

/** A node's PostgreSQL, and what the test does to it besides. */
export interface Actor {
  readonly name: string;
  readonly server: Server;
  source(slot?: string): Source;
  /** A client commits something; its server need not wait for a standby. */
  write(): Promise<void>;
  /** The postmaster is killed, and all its processes end. */
  crash(): Promise<void>;
}

/** Two nodes with empty data directories, and the time that passes for them. */
export interface Stage {
  readonly a: Actor;
  readonly b: Actor;
  result<T>(promise: Promise<T>): Promise<T>;
  run(actor: Actor, spec: JobSpec, signal?: AbortSignal): Promise<JobOutcome>;
  /** Looks until it is so. */
  until(actor: Actor, what: string, is: (view: PostgresView) => boolean): Promise<PostgresView>;
}

export interface Case {
  readonly name: string;
  readonly play: (stage: Stage) => Promise<void>;
}

const STOP = { kind: 'stop', mode: 'fast', checkpoint: false, limit: undefined } as const;
const STOP_NOW = { ...STOP, mode: 'immediate' } as const;
const PRIMARY = { kind: 'start', as: 'primary', from: undefined } as const;
const PROMOTE = { kind: 'promote', above: 0 } as const;

const look = (stage: Stage, actor: Actor): Promise<PostgresView> =>
  stage.result(actor.server.observe());

/** Runs a job that must do well. */
async function good(stage: Stage, actor: Actor, spec: JobSpec): Promise<void> {
  const outcome = await stage.run(actor, spec);
  if (!outcome.ok) throw new Error(`${spec.kind} on ${actor.name}: ${outcome.failure}`);
}

/** Runs a job that must be refused, or fail. */
async function bad(stage: Stage, actor: Actor, spec: JobSpec): Promise<string> {
  const outcome = await stage.run(actor, spec);
  if (outcome.ok) throw new Error(`${spec.kind} on ${actor.name} did well`);
  expect(outcome.cancelled).toBe(false);
  return outcome.failure;
}

/** A new cluster with a primary on `a`. */
async function primary(stage: Stage): Promise<void> {
  await good(stage, stage.a, { kind: 'bootstrap' });
  await stage.result(stage.a.server.finishBootstrap());
  await good(stage, stage.a, PRIMARY);
}

/** A primary on `a`; `b` streams from it. */
async function cluster(stage: Stage): Promise<void> {
  const { a, b } = stage;
  await primary(stage);
  await good(stage, b, { kind: 'clone', from: a.source() });
  await good(stage, b, { kind: 'start', as: 'standby', from: a.source() });
  await stage.until(b, 'the stream', streams);
}

const streams = ({ replicationState }: PostgresView): boolean => replicationState === 'streaming';

/** `b` was promoted while `a` was down. */
async function switched(stage: Stage): Promise<void> {
  await cluster(stage);
  await good(stage, stage.a, STOP);
  await good(stage, stage.b, PROMOTE);
}

export const CASES: readonly Case[] = [
  {
    name: 'there is nothing in the beginning',
    async play(stage) {
      const { a } = stage;
      expect(await look(stage, a)).toMatchObject({
        ...{ dataDirectory: 'empty', systemId: undefined, state: 'stopped', answering: true },
        ...{ role: 'standby', controlState: '', timeline: undefined, lsn: 0, checkpointLsn: 0 },
        ...{ postmasterStart: undefined, standbys: [], slots: [], history: [], follows: '' },
        ...{ backupLabel: false, pendingRestart: {}, syncNames: { kind: 'off' } },
      });
      await bad(stage, a, PRIMARY);
      await bad(stage, a, { kind: 'crash-recovery' });
      await bad(stage, a, { kind: 'rewind', from: stage.b.source() });
      await bad(stage, a, { kind: 'clone', from: stage.b.source() });
      await bad(stage, a, { kind: 'restart', from: undefined });
      await bad(stage, a, PROMOTE);
      await good(stage, a, STOP);
      await expect(stage.result(a.server.checkpoint())).rejects.toThrow();
      expect(await look(stage, a)).toMatchObject({ dataDirectory: 'empty' });
    },
  },
  {
    name: 'a new cluster is unfinished until it is said to be done',
    async play(stage) {
      const { a } = stage;
      await good(stage, a, { kind: 'bootstrap' });
      expect(await look(stage, a)).toMatchObject({
        ...{ dataDirectory: 'unfinished', state: 'stopped', role: 'primary' },
        ...{ controlState: 'shut down', timeline: 1, backupLabel: false },
      });
      await bad(stage, a, PRIMARY);
      // Again, by an agent that lost the one before.
      await good(stage, a, { kind: 'bootstrap' });
      await stage.result(a.server.finishBootstrap());
      const view = await look(stage, a);
      expect(view).toMatchObject({ dataDirectory: 'initialized', state: 'stopped' });
      expect(view.systemId).toMatch(/^\d{10,}$/);
      await bad(stage, a, { kind: 'bootstrap' });
      expect(await look(stage, a)).toMatchObject({ systemId: view.systemId });
    },
  },
  {
    name: 'a primary runs, is restarted, and stops',
    async play(stage) {
      const { a } = stage;
      await primary(stage);
      const view = await look(stage, a);
      expect(view).toMatchObject({
        ...{ dataDirectory: 'initialized', state: 'running', answering: true, role: 'primary' },
        ...{ controlState: 'in production', timeline: 1, history: [], replicationState: undefined },
        ...{ receivedLsn: undefined, replayedLsn: undefined, replayPaused: false, standbys: [] },
        ...{ checkpointedSincePromote: true, backupLabel: false, follows: '', followsSlot: '' },
      });
      expect(view.postmasterStart).toBeDefined();
      expect(view.serverVersion).toBeGreaterThanOrEqual(120_000);
      await stage.result(a.write());
      expect((await look(stage, a)).lsn).toBeGreaterThan(view.lsn);
      await bad(stage, a, PRIMARY);
      await bad(stage, a, PROMOTE);
      await bad(stage, a, { kind: 'crash-recovery' });
      await good(stage, a, { kind: 'restart', from: undefined });
      const again = await look(stage, a);
      expect(again).toMatchObject({ state: 'running', role: 'primary', timeline: 1 });
      expect(again.postmasterStart).not.toBe(view.postmasterStart);
      await good(stage, a, { ...STOP, checkpoint: true, limit: 60 });
      const down = await look(stage, a);
      expect(down).toMatchObject({
        ...{ state: 'stopped', role: 'primary', controlState: 'shut down', timeline: 1 },
        ...{ postmasterStart: undefined, systemId: view.systemId, answering: true },
      });
      expect(down.lsn).toBeGreaterThan(down.checkpointLsn);
      expect(down.checkpointLsn).toBeGreaterThan(view.lsn);
      await good(stage, a, STOP);
      await good(stage, a, PRIMARY);
      expect(await look(stage, a)).toMatchObject({ state: 'running', timeline: 1 });
    },
  },
  {
    name: 'a copy follows its source, and stays a standby',
    async play(stage) {
      const { a, b } = stage;
      await primary(stage);
      await good(stage, b, { kind: 'clone', from: a.source() });
      const { systemId } = await look(stage, a);
      expect(await look(stage, b)).toMatchObject({
        ...{ dataDirectory: 'initialized', state: 'stopped', backupLabel: true, systemId },
      });
      await bad(stage, b, PRIMARY);
      await bad(stage, b, { kind: 'crash-recovery' });
      await bad(stage, b, { kind: 'rewind', from: a.source() });
      await good(stage, b, { kind: 'start', as: 'standby', from: a.source() });
      await stage.until(b, 'the stream', streams);
      await stage.result(a.write());
      const { lsn } = await look(stage, a);
      const view = await stage.until(b, 'the WAL', (now) => (now.replayedLsn ?? 0) >= lsn);
      expect(view).toMatchObject({
        ...{ state: 'running', answering: true, role: 'standby', timeline: 1, history: [] },
        ...{ controlState: 'in archive recovery', follows: 'a', followsSlot: '' },
        ...{ replicationState: 'streaming', replayPaused: false, backupLabel: false, systemId },
      });
      expect(view.lsn).toBe(Math.max(view.receivedLsn ?? 0, view.replayedLsn ?? 0));
      const seen = await stage.until(a, 'b', ({ standbys: [one] }) => (one?.flushLsn ?? 0) >= lsn);
      expect(seen.standbys).toMatchObject([{ name: 'b', state: 'streaming', syncState: 'async' }]);
      const before = view.postmasterStart;
      await good(stage, b, { kind: 'restart', from: a.source() });
      const again = await stage.until(b, 'the stream', streams);
      expect(again).toMatchObject({ role: 'standby', follows: 'a' });
      expect(again.postmasterStart).not.toBe(before);
      await good(stage, b, STOP);
      expect(await look(stage, b)).toMatchObject({
        ...{ state: 'stopped', role: 'standby', controlState: 'shut down in recovery' },
        ...{ timeline: 1, replicationState: undefined, receivedLsn: undefined },
      });
      await bad(stage, b, PRIMARY);
      await bad(stage, b, PROMOTE);
      await good(stage, b, { kind: 'start', as: 'standby', from: undefined });
      expect(await look(stage, b)).toMatchObject({ role: 'standby', follows: '' });
    },
  },
  {
    name: 'a copy takes the place of other data, of a server that runs, too',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      await stage.result(a.write());
      const { systemId } = await look(stage, a);
      await good(stage, b, { kind: 'clone', from: a.source(), discard: true });
      expect(await look(stage, b)).toMatchObject({
        ...{ state: 'stopped', dataDirectory: 'initialized', backupLabel: true, systemId },
      });
      await good(stage, b, { kind: 'start', as: 'standby', from: a.source() });
      await stage.until(b, 'the stream', streams);
    },
  },
  {
    name: 'a clean shutdown leaves the standby all WAL; whoever is promoted goes on from there',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      await stage.result(a.write());
      await good(stage, a, { ...STOP, checkpoint: true });
      const end = await look(stage, a);
      const received = await look(stage, b);
      expect(received.receivedLsn).toBe(end.lsn);
      await good(stage, b, PROMOTE);
      const view = await look(stage, b);
      expect(view).toMatchObject({
        ...{ state: 'running', role: 'primary', timeline: 2, controlState: 'in production' },
        ...{ follows: '', receivedLsn: undefined, replayedLsn: undefined },
      });
      expect(view.history).toMatchObject([{ timeline: 1, lsn: end.lsn }]);
      expect(view.lsn).toBeGreaterThan(end.lsn);
      await stage.result(b.server.checkpoint());
      const after = await stage.until(b, 'its checkpoint', (now) => now.checkpointedSincePromote);
      expect(after.checkpointLsn).toBeGreaterThan(end.lsn);
      // What was shut down so has nothing of its own, and follows as it is.
      await good(stage, a, { kind: 'start', as: 'standby', from: b.source() });
      // It may stream the rest of the old timeline before it goes over to the new one.
      const back = await stage.until(a, 'it', (now) => streams(now) && now.timeline === 2);
      expect(back).toMatchObject({ role: 'standby', follows: 'b', history: view.history });
    },
  },
  {
    name: 'a crash is seen, and recovered',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      const { lsn } = await look(stage, a);
      await stage.result(a.crash());
      const crashed = await look(stage, a);
      expect(crashed).toMatchObject({
        ...{ state: 'stopped', role: 'primary', controlState: 'in production', timeline: 1 },
        ...{ postmasterStart: undefined, answering: true, checkpointedSincePromote: true },
      });
      await bad(stage, a, { kind: 'rewind', from: b.source() });
      await good(stage, a, { kind: 'crash-recovery' });
      const clean = await look(stage, a);
      expect(clean).toMatchObject({ state: 'stopped', controlState: 'shut down', role: 'primary' });
      expect(clean.lsn).toBeGreaterThan(lsn);
      await stage.result(b.crash());
      expect(await look(stage, b)).toMatchObject({
        ...{ state: 'stopped', role: 'standby', controlState: 'in archive recovery', timeline: 1 },
      });
      await bad(stage, b, { kind: 'crash-recovery' });
      await good(stage, a, PRIMARY);
      await good(stage, a, STOP_NOW);
      expect(await look(stage, a)).toMatchObject({ controlState: 'in production' });
      await good(stage, a, PRIMARY);
      await good(stage, b, { kind: 'start', as: 'standby', from: a.source() });
      await stage.until(b, 'the stream', streams);
    },
  },
  {
    name: 'a promotion takes a number that nobody has used',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      await bad(stage, a, { kind: 'promote', above: 5 });
      await good(stage, b, { kind: 'promote', above: 5 });
      const view = await look(stage, b);
      expect(view).toMatchObject({ role: 'primary', timeline: 6 });
      expect(view.history).toMatchObject([{ timeline: 1 }]);
      await good(stage, b, STOP);
      expect(await look(stage, b)).toMatchObject({ timeline: 6, history: view.history });
    },
  },
  {
    name: 'data that have diverged are rewound',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      await good(stage, b, STOP);
      await stage.result(a.write());
      await good(stage, a, STOP);
      await good(stage, b, { kind: 'start', as: 'standby', from: undefined });
      await good(stage, b, PROMOTE);
      await stage.result(b.write());
      await stage.result(b.server.checkpoint());
      const { history } = await stage.until(b, 'it', (now) => now.checkpointedSincePromote);
      const before = await look(stage, a);
      expect(history[0]?.lsn).toBeLessThan(before.lsn);
      await good(stage, a, { kind: 'rewind', from: b.source() });
      expect(await look(stage, a)).toMatchObject({
        ...{ dataDirectory: 'initialized', state: 'stopped', backupLabel: true },
        ...{ controlState: 'in archive recovery', role: 'standby', systemId: before.systemId },
      });
      await bad(stage, a, PRIMARY);
      await good(stage, a, { kind: 'start', as: 'standby', from: b.source() });
      const view = await stage.until(a, 'it', (now) => streams(now) && now.timeline === 2);
      expect(view).toMatchObject({ history, follows: 'b' });
    },
  },
  {
    name: 'data that have not diverged are left as they are by a rewind',
    async play(stage) {
      const { a, b } = stage;
      await switched(stage);
      await stage.result(b.server.checkpoint());
      await stage.until(b, 'its checkpoint', (now) => now.checkpointedSincePromote);
      const before = await look(stage, a);
      await good(stage, a, { kind: 'rewind', from: b.source() });
      expect(await look(stage, a)).toEqual(before);
    },
  },
  {
    name: 'synchronous standbys are what was set last',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      for (const [kind, syncState] of [
        ['first', 'sync'],
        ['any', 'quorum'],
      ] as const) {
        const names = { kind, count: 1, names: ['b', 'C-3', 'any'] };
        await stage.result(a.server.setSyncNames(names));
        expect(await look(stage, a)).toMatchObject({ syncNames: names });
        await stage.until(a, 'b', ({ standbys }) => standbys[0]?.syncState === syncState);
        await stage.result(a.write());
      }
      const text = { kind: 'text', text: '*' } as const;
      await stage.result(a.server.setSyncNames(text));
      expect(await look(stage, a)).toMatchObject({ syncNames: text });
      await stage.until(a, 'b', ({ standbys }) => standbys[0]?.syncState === 'sync');
      await good(stage, a, { kind: 'restart', from: undefined });
      expect(await look(stage, a)).toMatchObject({ syncNames: text });
      await stage.result(a.server.setSyncNames({ kind: 'off' }));
      await stage.until(a, 'b', ({ standbys }) => standbys[0]?.syncState === 'async');
      expect(await look(stage, a)).toMatchObject({ syncNames: { kind: 'off' } });
      await good(stage, b, STOP);
      await stage.result(a.write());
    },
  },
  {
    name: 'a standby is pointed to another source, and to a slot there',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      await stage.result(b.server.follow(undefined));
      const alone = await stage.until(b, 'no stream', (now) => !streams(now));
      expect(alone).toMatchObject({ follows: '', followsSlot: '', timeline: 1, role: 'standby' });
      const slot = { kind: 'create', name: 'b', type: 'physical', reserve: true } as const;
      await stage.result(a.server.syncSlots([slot]));
      await stage.result(b.server.follow(a.source('b')));
      expect(await stage.until(b, 'the stream', streams)).toMatchObject({
        ...{ follows: 'a', followsSlot: 'b', postmasterStart: alone.postmasterStart },
      });
      const used = await stage.until(a, 'the slot', ({ slots }) => slots[0]?.active === true);
      expect(used.slots).toMatchObject([{ name: 'b', type: 'physical', active: true }]);
      const drop = a.server.syncSlots([{ kind: 'drop', name: 'b' }]);
      await expect(stage.result(drop)).rejects.toThrow(/active/);
    },
  },
  {
    name: 'slots are made, moved and dropped on both',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      for (const actor of [a, b]) {
        const { server } = actor;
        const create = { kind: 'create', type: 'physical', name: 'one' } as const;
        await stage.result(server.syncSlots([{ ...create, reserve: true }]));
        await stage.result(server.syncSlots([{ ...create, name: 'bare', reserve: false }]));
        const twice = server.syncSlots([{ ...create, reserve: true }]);
        await expect(stage.result(twice)).rejects.toThrow(/already exists/);
        const slot = async (name: string): Promise<SlotView | undefined> =>
          (await look(stage, actor)).slots.find((one) => one.name === name);
        const before = (await slot('one'))?.restartLsn;
        expect(await slot('bare')).toMatchObject({
          name: 'bare',
          restartLsn: undefined,
          active: false,
        });
        await stage.result(a.write());
        const { lsn } = await look(stage, a);
        await stage.until(actor, 'the WAL', (now) => (now.replayedLsn ?? lsn) >= lsn);
        await stage.result(server.syncSlots([{ kind: 'advance', name: 'one', lsn }]));
        expect(await slot('one')).toMatchObject({ type: 'physical', restartLsn: lsn });
        expect(before).toBeLessThan(lsn);
        const nothing = server.syncSlots([{ kind: 'advance', name: 'bare', lsn }]);
        await expect(stage.result(nothing)).rejects.toThrow('bare');
        await stage.result(
          server.syncSlots([
            { kind: 'drop', name: 'one' },
            { kind: 'drop', name: 'bare' },
          ]),
        );
        expect((await look(stage, actor)).slots).toEqual([]);
        const gone = server.syncSlots([{ kind: 'drop', name: 'one' }]);
        await expect(stage.result(gone)).rejects.toThrow(/does not exist/);
      }
    },
  },
  {
    name: 'logical slots are copied to a standby, which goes on following',
    async play(stage) {
      const { a, b } = stage;
      await cluster(stage);
      const create = { kind: 'create', type: 'logical', reserve: true } as const;
      const slot = { name: 'feed', database: 'postgres', plugin: 'pgoutput' };
      await stage.result(a.server.syncSlots([{ ...create, ...slot }]));
      const made = (await stage.until(a, 'the slot', ({ slots }) => slots.length === 1)).slots;
      expect(made).toMatchObject([{ ...slot, type: 'logical', active: false }]);
      await bad(stage, b, { kind: 'copy-slots', from: a.source(), names: ['feed', 'nowhere'] });
      expect((await look(stage, b)).slots).toEqual([]);
      await good(stage, b, { kind: 'copy-slots', from: a.source(), names: ['feed'] });
      const view = await stage.until(b, 'the stream', streams);
      expect(view).toMatchObject({ role: 'standby', follows: 'a', slots: made });
      await stage.result(a.write());
      const { lsn } = await look(stage, a);
      await stage.until(b, 'the WAL', (now) => (now.replayedLsn ?? 0) >= lsn);
      await stage.result(
        b.server.syncSlots([{ kind: 'advance', name: 'feed', lsn, database: 'postgres' }]),
      );
      await stage.until(b, 'the move', ({ slots }) => slots[0]?.confirmedFlushLsn === lsn);
    },
  },
  {
    name: 'a look at another server tells what that one says of itself',
    async play(stage) {
      const { a, b } = stage;
      expect(await stage.result(a.server.inspect(b.source()))).toMatchObject({ ok: false });
      await cluster(stage);
      const { systemId, timeline } = await look(stage, a);
      expect(await stage.result(b.server.inspect(a.source()))).toMatchObject({
        ...{ ok: true, systemId, timeline, inRecovery: false, history: [] },
        ...{ checkpointedSincePromote: true },
      });
      expect(await stage.result(a.server.inspect(b.source()))).toMatchObject({
        ...{ ok: true, systemId, timeline, inRecovery: true },
      });
      await good(stage, a, STOP);
      expect(await stage.result(b.server.inspect(a.source()))).toMatchObject({ ok: false });
      await good(stage, b, PROMOTE);
      await stage.result(b.server.checkpoint());
      const view = await stage.until(b, 'it', (now) => now.checkpointedSincePromote);
      expect(await stage.result(a.server.inspect(b.source()))).toMatchObject({
        ...{ ok: true, systemId, timeline: 2, inRecovery: false, history: view.history },
        ...{ checkpointedSincePromote: true },
      });
    },
  },
  {
    name: 'what was cancelled has not been done, and can be done again',
    async play(stage) {
      const { a, b } = stage;
      await primary(stage);
      const over = AbortSignal.abort();
      const clone = { kind: 'clone', from: a.source() } as const;
      expect(await stage.run(b, clone, over)).toMatchObject({ ok: false, cancelled: true });
      expect(await stage.run(b, { kind: 'bootstrap' }, over)).toMatchObject({ cancelled: true });
      const abort = new AbortController();
      const running = stage.run(b, clone, abort.signal);
      abort.abort();
      expect(await running).toMatchObject({ ok: false, cancelled: true });
      expect(await look(stage, b)).toMatchObject({ dataDirectory: 'empty', state: 'stopped' });
      await good(stage, b, clone);
      await good(stage, b, { kind: 'start', as: 'standby', from: a.source() });
      await stage.until(b, 'the stream', streams);
    },
  },
  {
    name: 'a configuration is taken over, and the same again is nothing',
    async play(stage) {
      const { a } = stage;
      await stage.result(a.server.configure({}));
      await primary(stage);
      const before = await look(stage, a);
      await stage.result(a.server.configure({}));
      await stage.result(a.server.configure({}));
      const { lsn: _, checkpointLsn: __, ...after } = await look(stage, a);
      expect(before).toMatchObject(after);
    },
  },
];
