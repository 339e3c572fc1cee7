import { describe, expect, it } from 'vitest';
import { live } from '../../../../src/ctl/top/live.ts';
import { DcsError, Interrupted } from '../../../../src/model/errors.ts';
import type { FullScreen, ScreenEvents } from '../../../../src/system/full-screen.ts';
import { demoDocuments } from '../documents.ts';
import { type FakeOptions, type FakeSession, fakeSession } from '../fake-session.ts';
import { type Order, world, worldRest } from '../member-world.ts';
import { lookOf, viewOf } from './looks.ts';

const noOrder: Order = () => ({ status: 501, body: 'not here' });

/** A screen on which a test types; `log` is what happened to it. */
function fakeScreen() {
  const log: string[] = [];
  const frames: string[] = [];
  let events: ScreenEvents | undefined;
  const screen: FullScreen = {
    size: { columns: 100, rows: 20 },
    enter(given) {
      events = given;
      log.push('enter');
    },
    draw: (lines) => void frames.push(lines.join('\n')),
    forget: () => void log.push('forget'),
    leave() {
      if (events) log.push('leave');
      events = undefined;
    },
    suspend: async () => void log.push('suspend'),
    anyKey: async () => {
      log.push('any key');
      return 'x';
    },
  };
  return { screen, log, frames, type: (keys: string) => events?.typed(keys), events: () => events };
}

/** Runs the view; `script` is called at each rest, with the number of it, from 1 on. */
function run(
  script: (step: number, stage: ReturnType<typeof fakeScreen> & { session: FakeSession }) => void,
  options: FakeOptions = {},
) {
  const stage = fakeScreen();
  let step = 0;
  const session = fakeSession({
    documents: demoDocuments(),
    rest: worldRest(world(), noOrder),
    ...options,
    onSleep: () => script(++step, { ...stage, session }),
  });
  session.screen = async () => stage.screen;
  const target = { scope: 'demo', group: undefined, everyMs: 1000 };
  return { ...stage, session, ended: live(session, target, lookOf(viewOf())) };
}

/** Keys at certain steps; the last of them is `q`. */
const typing =
  (keys: Readonly<Record<number, string>>) =>
  (step: number, { type }: { type(text: string): void }): void => {
    if (keys[step]) type(keys[step]);
    if (step === 30) type('q');
  };

describe('the screen', () => {
  it('is taken, drawn, and given back after q', async () => {
    const { ended, log, frames } = run(typing({ 3: 'q' }));
    await ended;
    expect(log).toEqual(['enter', 'leave']);
    expect(frames[0]).toContain('> pg1 ');
    expect(frames.length).toBeGreaterThan(2);
  });

  it('is given back after Ctrl-C, which is an interrupt', async () => {
    const { ended, log } = run(typing({ 2: '\u0003' }));
    await expect(ended).rejects.toBeInstanceOf(Interrupted);
    expect(log).toEqual(['enter', 'leave']);
  });

  it('is given back when the process is told to end', async () => {
    const abort = new AbortController();
    const reason = new Interrupted('told to end');
    const { ended, log } = run((step) => step === 2 && abort.abort(reason), {
      signal: abort.signal,
    });
    await expect(ended).rejects.toBe(reason);
    expect(log).toEqual(['enter', 'leave']);
  });

  it('is given back when our own code fails', async () => {
    const { ended, log } = run((step, { session }) => {
      if (step !== 2) return;
      session.dcs = async () => {
        throw new TypeError('bug');
      };
    });
    await expect(ended).rejects.toThrow('bug');
    expect(log).toEqual(['enter', 'leave']);
  });

  it('shows what others would have said on stderr', async () => {
    const { ended, frames } = run((step, { type, events }) => {
      if (step === 2) events()?.talk('Warning: etcd endpoint e1 does not answer');
      if (step === 4) type('q');
    });
    await ended;
    expect(frames.at(-1)).toContain('Warning: etcd endpoint e1 does not answer');
  });

  it('is drawn anew by Ctrl-L, and left for Ctrl-Z', async () => {
    const { ended, log } = run(typing({ 2: '\u000c', 3: '\u001a', 4: 'q' }));
    await ended;
    expect(log).toEqual(['enter', 'forget', 'suspend', 'leave']);
  });
});

describe('looking', () => {
  it('shows what has changed in the store', async () => {
    const { ended, frames } = run((step, { session, type }) => {
      if (step === 2) session.documents.set('leader', { value: 'pg2', version: '9' });
      if (step === 8) type('q');
    });
    await ended;
    expect(frames.at(-1)).toContain('pg2 is the leader now, it was pg1');
  });

  it('a store that fails is said and asked again', async () => {
    const { ended, frames } = run((step, { session, type }) => {
      const { dcs } = fakeSession({ documents: demoDocuments() });
      if (step === 2) {
        session.dcs = async () => {
          throw new DcsError('etcd does not answer: refused');
        };
      }
      if (step === 12) session.dcs = dcs;
      if (step === 20) type('q');
    });
    await ended;
    expect(frames.some((text) => /shown as of \d+ s ago: etcd does not answer/.test(text))).toBe(
      true,
    );
    expect(frames.at(-1)).toContain('the store answers again');
    expect(frames.at(-1)).not.toContain('shown as of');
  });

  it('neither a store nor a member that is silent for ever holds up keys or the clock', async () => {
    const never = new Promise<never>(() => {});
    const { ended, frames, session } = run(typing({ 10: 'j', 12: 'q' }), { rest: () => never });
    session.dcs = () => never;
    await ended;
    expect(frames.at(-1)).toContain('> pg2 ');
    expect(frames.at(-1)).toMatch(/shown as of \d+ s ago: the store has not answered yet/);
    expect(session.calls.map(({ member }) => member)).toEqual(['pg1', 'pg2', 'pg3']);
  });
});

describe('orders', () => {
  const orders = ({ calls }: FakeSession) =>
    calls.filter(({ method }) => method !== 'GET').map(({ member, path }) => `${path} ${member}`);

  it('s is the switchover, with all its questions', async () => {
    const { ended, log, session } = run(typing({ 2: 's', 9: 'q' }), {
      answers: ['pg1', 'pg2', 'now', false],
    });
    await ended;
    expect(session.questions.map(({ message }) => message)).toEqual([
      'Primary',
      "Candidate ['pg2', 'pg3']",
      expect.stringContaining('When should the switchover take place'),
      'Are you sure you want to switchover cluster demo, demoting current leader pg1?',
    ]);
    expect(session.stderr).toContain('Error: Aborting switchover');
    expect(orders(session)).toEqual([]);
    expect(log).toEqual(['enter', 'leave', 'any key', 'enter', 'leave']);
  });

  it('r restarts the member that is selected', async () => {
    const { ended, session } = run(typing({ 2: 'jj', 3: 'r', 9: 'q' }), {
      answers: ['now', true, ''],
    });
    await ended;
    expect(orders(session)).toEqual(['restart pg3']);
    expect(session.stderr.join('\n')).toMatch(/^Error: Restart failed on pg3/m);
  });

  it.each([
    [true, ['config pg1']],
    [false, []],
  ])('p asks before it pauses: %s', async (answer, expected) => {
    const rest = worldRest(world(), () => ({ status: 200, body: '{}' }));
    const { ended, session } = run(typing({ 2: 'p', 9: 'q' }), { answers: [answer], rest });
    await ended;
    expect(session.questions[0]?.message).toBe(
      'Are you sure you want to pause cluster demo (no automatic failover)?',
    );
    expect(orders(session)).toEqual(expected);
  });

  it('what is typed behind such a key is dropped', async () => {
    const { ended, session } = run(typing({ 2: 'ppq', 9: 'q' }), { answers: [false] });
    await ended;
    expect(session.questions).toHaveLength(1);
    expect(session.clock.monotonic()).toBeGreaterThan(5000);
  });

  it('Ctrl-C that reaches the process in an order ends the view with its sentence', async () => {
    const abort = new AbortController();
    const rest = worldRest(world(), () => {
      abort.abort(new Interrupted());
      throw abort.signal.reason;
    });
    const { ended, log } = run(typing({ 2: 'r' }), {
      ...{ rest, signal: abort.signal, answers: ['now', true, ''] },
    });
    await expect(ended).rejects.toThrow(/^Interrupted: the restart of pg1 may still be going on/);
    expect(log).toEqual(['enter', 'leave']);
  });
});
