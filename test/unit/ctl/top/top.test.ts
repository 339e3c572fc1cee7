import { describe, expect, it } from 'vitest';
import { type TopOptions, top } from '../../../../src/ctl/top/top.ts';
import { expectSchema } from '../../schema.ts';
import { demoDocuments } from '../documents.ts';
import { type FakeOptions, fakeSession } from '../fake-session.ts';
import { world, worldRest } from '../member-world.ts';

const ONE: TopOptions = { cluster: 'demo', group: undefined, interval: '1' };

/** A session that has a terminal for everything, but for what a test takes away. */
function sessionOn(terminal: object, options: FakeOptions = {}) {
  const rest = worldRest(world(), () => ({ status: 501, body: '' }));
  const session = fakeSession({ documents: demoDocuments(), rest, ...options });
  const io = { ...session.io, interactive: true, stdoutIsTerminal: true, ...terminal };
  return { ...session, io };
}

describe('top', () => {
  it.each<[string, object, Record<string, string>]>([
    ['stdin and stderr that are no terminals', { interactive: false }, {}],
    ['stdout that is none', { stdoutIsTerminal: false }, {}],
    ['a dumb terminal', {}, { TERM: 'dumb' }],
  ])('on %s it is list -w with the lag in seconds', async (_, terminal, env) => {
    const abort = new AbortController();
    const times: number[] = [];
    const session = sessionOn(terminal, {
      env,
      signal: abort.signal,
      onSleep: (ms) => {
        times.push(ms);
        if (times.length === 2) abort.abort(new Error('Ctrl-C'));
      },
    });
    await expect(top(session, { ...ONE, interval: '0.5' })).rejects.toThrow('Ctrl-C');
    const tables = session.stdout.join('\n').match(/Cluster: demo[\s\S]*?Lag s/g);
    expect(tables).toHaveLength(2);
    expect(times).toEqual([500, 1000]);
  });

  it('under --json it is one look', async () => {
    const session = sessionOn({ json: true });
    const result = await top(session, ONE);
    expectSchema('top', result);
    expect(result).toMatchObject({
      outcome: 'done',
      data: { clusters: [{ cluster: 'demo', members: [{}, { member: 'pg2' }, {}] }] },
    });
  });

  it('takes the screen otherwise, when the cluster is there', async () => {
    const session = sessionOn({});
    await expect(top(session, ONE)).rejects.toThrow('there is no screen in this test');
    await expect(top(sessionOn({}, { documents: {} }), ONE)).rejects.toMatchObject({
      code: 'unknown-cluster',
    });
  });

  it.each(['', 'x', '0', '-1', '0.05', '3601', 'Infinity', 'NaN'])(
    'refuses --interval "%s"',
    async (interval) => {
      await expect(top(sessionOn({}), { ...ONE, interval })).rejects.toMatchObject({
        message: `--interval wants seconds from 0.1 to 3600, not "${interval}"`,
        exitCode: 2,
      });
    },
  );
});
