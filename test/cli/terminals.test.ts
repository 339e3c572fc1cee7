import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { onTerminal, type PtyOptions } from '../harness/pty.ts';
import { pgherd } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ESCAPE = '\u001b';
const ENTER = '\r';

let etcd: RunningEtcd;
let demo: FakeCluster;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-terminals-'));
  etcd = await startEtcd({ version: newestEtcd() });
  demo = await startFakeCluster(etcd.clientUrl, 'demo');
});
afterAll(async () => {
  await demo?.stop();
  await etcd?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function on(args: readonly string[], options: PtyOptions = {}) {
  const env = { DCS_URL: `etcd3://${etcd.hosts[0]}`, TMPDIR: directory, ...options.env };
  return onTerminal(args, { ...options, env });
}

describe.concurrent('TERM=dumb: plain lines, no escape sequences', () => {
  const dumb = { env: { TERM: 'dumb' } };

  test('questions and answers', async () => {
    const terminal = on(['switchover', 'demo'], dumb);
    await terminal.shows(/Primary \[pg1\]: $/);
    terminal.type(ENTER);
    await terminal.shows(/Candidate \['pg2', 'pg3'\]: $/);
    terminal.type(`pg2${ENTER}`);
    await terminal.shows(/When should the switchover take place .* \[now\]: $/);
    terminal.type(ENTER);
    await terminal.shows(/Are you sure you want to switchover .*\? \[y\/N\]: $/);
    terminal.type(ENTER);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Aborting switchover$/m);
    expect(end).toMatchObject({ code: 1, restored: true });
    expect(end.raw).not.toContain(ESCAPE);
  });

  test.each([
    ['Ctrl-C at a line', ['switchover', 'demo'], /Primary \[pg1\]: $/, CTRL_C],
    ['Ctrl-D at a line', ['switchover', 'demo'], /Primary \[pg1\]: $/, CTRL_D],
    ['Ctrl-C at yes or no', ['reload', 'demo'], /\[y\/N\]: $/, CTRL_C],
    ['Ctrl-D at yes or no', ['reload', 'demo'], /\[y\/N\]: $/, CTRL_D],
  ])('%s', async (_name, args, prompt, key) => {
    const terminal = on(args, dumb);
    await terminal.shows(prompt);
    terminal.type(key);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^(\^C)?\n?Error: Interrupted: nothing was changed$/m);
    expect(end).toMatchObject({ code: 130, restored: true });
    expect(end.raw).not.toContain(ESCAPE);
  });

  test('a password is not shown', async () => {
    const terminal = on(['query', 'demo', '-c', 'SELECT 1', '--password'], dumb);
    await terminal.shows(/Password/);
    terminal.type('secret-word');
    terminal.type(CTRL_C);
    const end = await terminal.ended;
    expect(end).toMatchObject({ code: 130, restored: true });
    expect(end.raw).not.toContain('secret-word');
    expect(end.raw).not.toContain(ESCAPE);
  });

  test('list -w: the tables follow one another', async () => {
    const terminal = on(['list', 'demo', '-w', '0.2'], dumb);
    await terminal.shows(/Cluster: demo[\s\S]*Cluster: demo/);
    terminal.type(CTRL_C);
    const end = await terminal.ended;
    expect(end).toMatchObject({ code: 130, restored: true });
    expect(end.raw).not.toContain(ESCAPE);
  });

  test('a progress line is a line', async () => {
    const terminal = on(['pause', 'demo', '--wait', '--timeout', '5'], dumb);
    const end = await terminal.ended;
    expect(end.raw).not.toContain(ESCAPE);
    expect(end.code).toBe(1);
  });
});

describe.concurrent('a terminal of 40 columns', () => {
  const narrow = { cols: 40 };

  test.each(['list', 'topology'])('%s prints the same as on a wide one', async (command) => {
    const end = await on([command, 'demo'], narrow).ended;
    const wide = await on([command, 'demo'], { cols: 200 }).ended;
    expect(end.code).toBe(0);
    expect(end.text).toBe(wide.text);
  });

  test('prompts that are wider than the terminal', async () => {
    const terminal = on(['switchover', 'demo'], narrow);
    await terminal.shows(/\? Primary/);
    terminal.type(ENTER);
    await terminal.shows(/\? Candidate \[/);
    terminal.type(`pg3${ENTER}`);
    await terminal.shows(/\? When should the switchover/);
    terminal.type(ENTER);
    await terminal.shows(/\(y\/N\)/);
    terminal.type(`n${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Aborting switchover$/m);
    expect(end).toMatchObject({ code: 1, restored: true, cursorVisible: true });
  });

  test('list -w is drawn over itself, and leaves the cursor visible', async () => {
    const terminal = on(['list', 'demo', '-w', '0.2'], narrow);
    await terminal.shows(/Cluster: demo[\s\S]*Cluster: demo/);
    terminal.type(CTRL_C);
    const end = await terminal.ended;
    expect(end.raw).toContain(`${ESCAPE}[H`);
    expect(end).toMatchObject({ code: 130, restored: true, cursorVisible: true });
  });
});

describe.concurrent('Ctrl-D', () => {
  test.each([
    ['at a line', ['switchover', 'demo'], /Primary/],
    ['at yes or no', ['reload', 'demo'], /Are you sure/],
  ])('%s of a real terminal does not hang', async (_name, args, prompt) => {
    const terminal = on(args);
    await terminal.shows(prompt);
    terminal.type(CTRL_D);
    const end = await terminal.ended;
    expect(end).toMatchObject({ code: 130, restored: true, cursorVisible: true });
  });
});

describe.concurrent('colour', () => {
  const EDIT = ['edit-config', 'demo', '-s', 'ttl=40', '--dry-run'];
  const piped = async (env: Record<string, string>): Promise<boolean> => {
    const output = await pgherd(EDIT, { DCS_URL: `etcd3://${etcd.hosts[0]}`, ...env });
    expect(output.code).toBe(0);
    return output.stdout.includes(ESCAPE);
  };
  const shown = async (env: Record<string, string>): Promise<boolean> =>
    (await on(EDIT, { env: { PAGER: 'cat', ...env } }).ended).raw.includes(`${ESCAPE}[3`);

  test('on a terminal only, unless the environment says otherwise', async () => {
    expect(await shown({})).toBe(true);
    expect(await piped({})).toBe(false);
    expect(await shown({ NO_COLOR: '1' })).toBe(false);
    expect(await shown({ TERM: 'dumb' })).toBe(false);
    expect(await piped({ FORCE_COLOR: '1' })).toBe(true);
    expect(await piped({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await shown({ FORCE_COLOR: '0' })).toBe(false);
  });

  test('NO_COLOR is for questions, too', async () => {
    const prompt = async (env: Record<string, string>): Promise<string> => {
      const terminal = on(['reload', 'demo'], { env });
      await terminal.shows(/Are you sure/);
      terminal.type(CTRL_C);
      return (await terminal.ended).raw;
    };
    expect(await prompt({})).toContain(`${ESCAPE}[3`);
    expect(await prompt({ NO_COLOR: '1' })).not.toMatch(/\[\d+m/);
  });

  test('a table in a file has none, although stderr is a terminal', async () => {
    const stdoutFile = join(directory, 'table');
    const end = await on(['list', 'demo'], { stdoutFile }).ended;
    expect(end.code).toBe(0);
    const text = readFileSync(stdoutFile, 'utf8');
    expect(text).toMatch(/^\+ Cluster: demo /);
    expect(text).not.toContain(ESCAPE);
  });
});
