import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { leaderBody, statusBody } from '../harness/fake-rest.ts';
import { startFlakyProxy } from '../harness/flaky-proxy.ts';
import { type OnTerminal, onTerminal, type PtyOptions } from '../harness/pty.ts';
import {
  expectEnvelope,
  expectFailure,
  expectNoInside,
  pgherd,
  startPgherd,
} from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { memberDocument } from '../unit/ctl/documents.ts';

const ENTER = '\r';
const CTRL_C = '\u0003';
const CTRL_L = '\u000c';
const CTRL_Z = '\u001a';
const LEADER_COLOUR = '\u001b[1;32m';
const DOWN = '\u001b[B';

let etcd: RunningEtcd;
const clusters: FakeCluster[] = [];
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  await cluster('demo');
});
afterAll(async () => {
  for (const one of clusters) await one.stop();
  await etcd?.stop();
});

async function cluster(...args: Parameters<typeof withAnswers>): Promise<FakeCluster> {
  const started = await withAnswers(...args);
  clusters.push(started);
  return started;
}

function withAnswers(scope: string, options: Parameters<typeof startFakeCluster>[2] = {}) {
  return startFakeCluster(etcd.clientUrl, scope, options);
}

/** `top` on a terminal of 80 by 24, looking five times a second. */
function topOf(scope: string, options: PtyOptions & { host?: string } = {}): OnTerminal {
  const { host = etcd.hosts[0], env = {}, ...rest } = options;
  const args = ['top', scope, '--interval', '0.2'];
  return onTerminal(args, { cols: 80, ...rest, env: { DCS_URL: `etcd3://${host}`, ...env } });
}

/** Ends it by `q`, and looks whether the terminal is as it was. */
async function leaves(terminal: OnTerminal, keys = 'q', code = 0): Promise<void> {
  terminal.type(keys);
  await expectEnd(terminal, code);
}

async function expectEnd(terminal: OnTerminal, code: number): Promise<void> {
  const end = await terminal.ended;
  expect(end).toMatchObject({ code, restored: true, cursorVisible: true });
  // All that top has drawn is gone; the shell's words are at the top of the screen again.
  const seen = await terminal.sees(/@exit/);
  expect(seen).toMatchObject({ alternate: false, wraps: true });
  expect(seen.text).not.toMatch(/^Events$|q quit/m);
  expectNoInside({ stdout: end.text, stderr: '' });
}

describe.concurrent('the screen', () => {
  test('shows members, then what changes', async () => {
    let lag = 0;
    const position = 83886592;
    const { members } = await cluster('live', {
      answers: {
        pg2: {
          'GET patroni': () => {
            const xlog = { received_location: position, replayed_location: position - lag };
            return { status: 200, body: statusBody({ xlog }) };
          },
        },
      },
    });
    const terminal = topOf('live');
    const seen = await terminal.sees(/pg3 .* 0\.0 .*▁{3}/);
    expect(seen.alternate).toBe(true);
    expect(seen.lines).toHaveLength(24);
    expect(seen.text).toMatch(/^\d\d:\d\d:\d\d {2}live \(7000000000000000000\) {3}3 members$/m);
    expect(seen.text).toMatch(/^leader pg1 {3}timeline 2$/m);
    expect(seen.text).toMatch(/^ {2}Member +Role +State +TL .*Replay lag +Lag s +/m);
    expect(seen.text).toMatch(/^> pg1 +Leader +running +2$/m);
    expect(seen.text).toMatch(/^ {2}pg2 +Replica +streaming +2 .*0 B +0\.0 +▁+$/m);
    lag = 5 * 1024 * 1024;
    await terminal.sees(/^ {2}pg2 +Replica +streaming +2 .* 5\.0 MB .*▁█/m);
    lag = 0;
    await terminal.sees(/^ {2}pg2 +Replica +streaming +2 .* 0 B .*█▁/m);
    await putDocuments(etcd.clientUrl, 'live', {
      leader: 'pg2',
      'members/pg4': memberDocument('pg4', { role: 'replica', state: 'creating replica' }),
    });
    await terminal.sees(/^leader pg2/m);
    await terminal.sees(/^\d\d:\d\d:\d\d {2}pg2 is the leader now, it was pg1$/m);
    await terminal.sees(/^\d\d:\d\d:\d\d {2}pg4 is there now: creating replica$/m);
    await members.pg3.stop();
    await terminal.sees(/^ {2}pg3 +Replica +streaming, silent/m);
    await terminal.sees(/pg3 is silent: /);
    await leaves(terminal);
  });

  test('fits a window that changes its size', async () => {
    const terminal = topOf('demo');
    await terminal.sees(/Nothing has happened/);
    terminal.resize(40, 8);
    const small = await terminal.sees(/^q quit.*…$/m);
    expect(small.lines[0]).toMatch(/demo/);
    expect(small.text).toMatch(/^> pg1 +Leader +running/m);
    expect(small.lines[7]).toMatch(/^q quit/);
    terminal.resize(150, 40);
    const large = await terminal.sees(/Host .*Replay lag over time +Peak$/m);
    expect(large.lines[39]).toMatch(/^q quit .*help$/);
    terminal.resize(12, 2);
    await terminal.sees(/^> pg1/m);
    await leaves(terminal);
  });

  test.each([
    ['without colour', { NO_COLOR: '1' }, /▁/],
    ['in ASCII', { LC_ALL: 'C' }, /__/],
  ])('%s', async (_, env, plot) => {
    const terminal = topOf('demo', { env });
    const seen = await terminal.sees(plot);
    terminal.type('q');
    const { raw } = await terminal.ended;
    expect(raw.includes(LEADER_COLOUR)).toBe(!('NO_COLOR' in env));
    if ('LC_ALL' in env) expect(seen.text).toMatch(/^[ -~\n]*$/);
  });

  test('a name that could steer the terminal is shown', async () => {
    await cluster('evil', { documents: { 'members/\u001b[2Jx': memberDocument('pg9') } });
    const terminal = topOf('evil');
    await terminal.sees(/^. \\x1b\[2Jx /m);
    await leaves(terminal);
  });
});

describe.concurrent('a store that goes away', () => {
  test('is said with the age of what is shown; it comes back', async () => {
    const proxy = await startFlakyProxy(etcd.hosts[0] ?? '');
    const terminal = topOf('demo', { host: proxy.host });
    await terminal.sees(/^ {2}pg2 .* 0\.0/m);
    proxy.mood = 'hang';
    // It is only late at first. Keys work all the same.
    await terminal.sees(/^shown as of \d+ s ago: the store has not answered yet$/m);
    terminal.type('j');
    await terminal.sees(/^> pg2 /m);
    const first = await terminal.sees(/^shown as of (\d+) s ago: etcd does not answer: /m);
    expect(first.text).toMatch(/^ {2}pg3 +Replica +streaming/m);
    await terminal.sees(/^\d\d:\d\d:\d\d {2}etcd does not answer: /m);
    proxy.mood = 'pass';
    proxy.cut();
    const back = await terminal.sees(/the store answers again/);
    expect(back.text).not.toMatch(/shown as of/);
    await leaves(terminal);
    await proxy.stop();
  });

  test('before the first look there is no screen, but a sentence', async () => {
    const terminal = onTerminal(['top', 'demo'], { env: { DCS_URL: 'etcd3://127.0.0.1:1' } });
    const end = await terminal.ended;
    expect(end).toMatchObject({ code: 1, restored: true });
    expect(end.text).toMatch(/^Error: etcd does not answer/m);
    expect(end.raw).not.toContain('\u001b[?1049h');
  });
});

describe.concurrent('the end', () => {
  test.each([
    ['q', 'q', 0],
    ['Ctrl-C', CTRL_C, 130],
  ])('%s gives the terminal back', async (_, key, code) => {
    const terminal = topOf('demo');
    await terminal.sees(/Events/);
    await leaves(terminal, key, code);
  });

  test('so does SIGTERM', async () => {
    const terminal = topOf('demo');
    await terminal.sees(/Events/);
    terminal.signal('SIGTERM');
    await expectEnd(terminal, 143);
  });

  test('Ctrl-Z where nobody can continue it, and Ctrl-L, break nothing', async () => {
    const terminal = topOf('demo');
    await terminal.sees(/Events/);
    terminal.type(CTRL_Z);
    terminal.type(CTRL_L);
    terminal.type(DOWN);
    await terminal.sees(/^> pg2 /m);
    await leaves(terminal);
  });
});

describe.concurrent('keys', () => {
  const orders = (one: FakeCluster, name: 'pg1' | 'pg2' | 'pg3') =>
    one.members[name].heard.filter(({ method }) => method !== 'GET').map(({ path }) => path);

  test('? shows them, and hides them', async () => {
    const terminal = topOf('demo');
    await terminal.sees(/Events/);
    terminal.type('?');
    await terminal.sees(/^r +restart PostgreSQL on the selected member$/m);
    terminal.type('?');
    await terminal.sees(/Events/);
    await leaves(terminal);
  });

  test('p asks, pauses, and comes back', async () => {
    let paused = false;
    const one = await cluster('rest', {
      answers: {
        pg1: {
          'PATCH config': () => {
            paused = true;
            void putDocuments(etcd.clientUrl, 'rest', { config: '{"pause":true}' });
            return { status: 200, body: '{"pause":true}' };
          },
        },
      },
    });
    const terminal = topOf('rest');
    await terminal.sees(/Events/);
    terminal.type('p');
    const asked = await terminal.sees(/sure you want to pause cluster rest \(no automatic fail/);
    expect(asked.alternate).toBe(false);
    expect(paused).toBe(false);
    terminal.type(`y${ENTER}`);
    await terminal.sees(/^Success: cluster management is paused\n.*any key/m);
    terminal.type(' ');
    await terminal.sees(/paused: no automatic failover[\s\S]*p resume/);
    await terminal.sees(/^\d\d:\d\d:\d\d {2}paused: there is no automatic failover$/m);
    expect(orders(one, 'pg1')).toEqual(['config']);
    await leaves(terminal);
  });

  test('r restarts the selected member, after the questions of the command', async () => {
    const said = { status: 200, body: 'restarted successfully' };
    const one = await cluster('again', { answers: { pg2: { 'POST restart': said } } });
    const terminal = topOf('again');
    await terminal.sees(/Events/);
    terminal.type(`${DOWN}r`);
    await terminal.sees(/When should the restart take place/);
    terminal.type(ENTER);
    await terminal.sees(/Are you sure you want to restart members pg2\?/);
    terminal.type(`y${ENTER}`);
    await terminal.sees(/Restart if the PostgreSQL version/);
    terminal.type(ENTER);
    await terminal.sees(/^Success: restart on member pg2\n.*any key/m);
    terminal.type(' ');
    await terminal.sees(/^> pg2 /m);
    expect([orders(one, 'pg1'), orders(one, 'pg2')]).toEqual([[], ['restart']]);
    await leaves(terminal);
  });

  test('s is the switchover to its end', async () => {
    const scope = 'road';
    const document = (name: 'pg1' | 'pg2' | 'pg3', data: object): string =>
      memberDocument(name, { timeline: 3, api_url: one.members[name].apiUrl, ...data });
    let switched = false;
    const was = (before: string, after: string) => () => ({
      status: 200,
      body: switched ? after : before,
    });
    const one = await cluster(scope, {
      answers: {
        pg1: {
          'GET patroni': was(leaderBody(), statusBody({ timeline: 3 })),
          'POST switchover': () => {
            switched = true;
            const standby = { role: 'replica', replication_state: 'streaming' };
            void putDocuments(etcd.clientUrl, scope, {
              leader: 'pg2',
              'members/pg1': document('pg1', standby),
              'members/pg2': document('pg2', { role: 'primary' }),
              'members/pg3': document('pg3', standby),
            });
            return { status: 200, body: 'Successfully switched over to "pg2"' };
          },
        },
        pg2: { 'GET patroni': was(statusBody(), leaderBody({ timeline: 3 })) },
        pg3: { 'GET patroni': was(statusBody(), statusBody({ timeline: 3 })) },
      },
    });
    const terminal = topOf(scope, { rows: 40 });
    await terminal.sees(/Events/);
    terminal.type('s');
    await terminal.sees(/Primary/);
    terminal.type(ENTER);
    await terminal.sees(/Can take over[\s\S]*Candidate \['pg2', 'pg3'\]/);
    terminal.type(`pg2${ENTER}`);
    await terminal.sees(/When should the switchover take place/);
    terminal.type(ENTER);
    await terminal.sees(/sure you want to switchover cluster road, demoting current/);
    terminal.type(`y${ENTER}`);
    await terminal.sees(/Successfully switched over to "pg2"[\s\S]*any key/);
    terminal.type(' ');
    await terminal.sees(/pg2 is the leader now, it was pg1/);
    await terminal.sees(/timeline 2 is now 3/);
    await leaves(terminal);
  });

  test('Ctrl-C at a question takes the order back, Ctrl-C behind it ends top', async () => {
    const terminal = topOf('demo');
    await terminal.sees(/Events/);
    terminal.type('s');
    await terminal.sees(/Primary/);
    terminal.type(CTRL_C);
    await terminal.sees(/Error: Interrupted: nothing was changed\n.*any key/);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130, restored: true, cursorVisible: true });
  });
});

describe.concurrent('without a terminal for it', () => {
  const env = () => ({ DCS_URL: `etcd3://${etcd.hosts[0]}` });

  test('it is list -w: tables follow one another', async () => {
    const running = startPgherd(['top', 'demo', '--interval', '0.2'], { env: env() });
    await running.shows(/Cluster: demo[\s\S]*Lag s[\s\S]*Cluster: demo/);
    running.child.kill('SIGINT');
    const output = await running.ended;
    expect(output.code).toBe(130);
    expect(output.stdout).not.toContain('\u001b');
  });

  test('so it is on a dumb one', async () => {
    const terminal = topOf('demo', { env: { TERM: 'dumb' } });
    await terminal.shows(/Cluster: demo[\s\S]*Cluster: demo/);
    terminal.type(CTRL_C);
    const end = await terminal.ended;
    expect(end).toMatchObject({ code: 130, restored: true });
    expect(end.raw).not.toContain('\u001b');
  });

  test('--json is one look; wrong words are refused', async () => {
    const output = await pgherd(['top', 'demo', '--json'], env());
    expect(expectEnvelope(output, 'top').data).toMatchObject({ clusters: [{ cluster: 'demo' }] });
    const wrong = await pgherd(['top', 'demo', '--interval', 'x'], env());
    expectFailure(wrong, { code: 2, sentence: /^--interval wants seconds/ });
    const nobody = await pgherd(['top', 'dmeo'], env());
    expectFailure(nobody, { code: 1, sentence: /no cluster "dmeo"/, hint: /"demo"/ });
  });
});
