import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putDocuments, readDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { startFakeCluster } from '../harness/fake-cluster.ts';
import { leaderBody, type Said, statusBody } from '../harness/fake-rest.ts';
import { onTerminal, type PtyOptions } from '../harness/pty.ts';
import { newestEtcd } from '../harness/servers.ts';
import { memberDocument } from '../unit/ctl/documents.ts';

const ENTER = '\r';

let etcd: RunningEtcd;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-interactive-'));
  etcd = await startEtcd({ version: newestEtcd() });
});
afterAll(async () => {
  await etcd?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function on(args: readonly string[], options: PtyOptions = {}) {
  const env = { DCS_URL: `etcd3://${etcd.hosts[0]}`, TMPDIR: directory, ...options.env };
  return onTerminal(args, { ...options, env });
}

describe.concurrent('a switchover that is asked for on a terminal', () => {
  /** A cluster whose leader does what it is told. */
  async function obedient(scope: string) {
    let switched = false;
    const was = (before: string, after: string) => (): Said => ({
      status: 200,
      body: switched ? after : before,
    });
    const cluster = await startFakeCluster(etcd.clientUrl, scope, {
      answers: {
        pg1: {
          'GET patroni': was(leaderBody(), statusBody({ timeline: 3 })),
          'POST switchover': () => {
            switched = true;
            void putDocuments(etcd.clientUrl, scope, {
              leader: 'pg2',
              'members/pg1': document('pg1', { role: 'replica', replication_state: 'streaming' }),
              'members/pg2': document('pg2', { role: 'primary' }),
              'members/pg3': document('pg3', { role: 'replica', replication_state: 'streaming' }),
            });
            return { status: 200, body: 'Successfully switched over to "pg2"' };
          },
        },
        pg2: { 'GET patroni': was(statusBody(), leaderBody({ timeline: 3 })) },
        pg3: { 'GET patroni': was(statusBody(), statusBody({ timeline: 3 })) },
      },
    });
    const document = (name: 'pg1' | 'pg2' | 'pg3', data: object): string =>
      memberDocument(name, { timeline: 3, api_url: cluster.members[name].apiUrl, ...data });
    return cluster;
  }

  test("patronictl's questions in patronictl's order; then it is followed to its end", async () => {
    const cluster = await obedient('road');
    const terminal = on(['switchover', 'road']);
    await terminal.shows(/Current cluster topology[\s\S]*\+ Cluster: road /);
    await terminal.shows(/Primary \(?pg1\)?/);
    terminal.type(ENTER);
    await terminal.shows(/Candidate +\| Can take over[\s\S]*Candidate \['pg2', 'pg3'\]/);
    terminal.type(`pg2${ENTER}`);
    await terminal.shows(/When should the switchover take place .*now/);
    terminal.type(ENTER);
    await terminal.shows(/sure you want to switchover cluster road, demoting current leader pg1\?/);
    terminal.type(`y${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^\d{4}-.* Successfully switched over to "pg2"$/m);
    expect(end.text).toMatch(/\| pg2 +\| 10\.0\.0\.2 \| Leader /);
    expect(end).toMatchObject({ code: 0, restored: true, cursorVisible: true });
    const orders = cluster.members.pg1.heard.filter(({ method }) => method === 'POST');
    expect(orders.map(({ body }) => JSON.parse(body))).toEqual([
      { leader: 'pg1', candidate: 'pg2' },
    ]);
    await cluster.stop();
  });

  test('"no" at the end sends nothing', async () => {
    const cluster = await obedient('doubt');
    const terminal = on(['switchover', 'doubt', '--candidate', 'pg3', '--scheduled', 'now']);
    await terminal.shows(/Primary/);
    terminal.type(ENTER);
    await terminal.shows(/Are you sure/);
    terminal.type(`n${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Aborting switchover$/m);
    expect(end).toMatchObject({ code: 1, restored: true, cursorVisible: true });
    expect(cluster.members.pg1.heard.some(({ method }) => method === 'POST')).toBe(false);
    await cluster.stop();
  });

  test('a candidate that is not there is refused before the last question', async () => {
    const cluster = await obedient('typo');
    const terminal = on(['switchover', 'typo']);
    await terminal.shows(/Primary/);
    terminal.type(ENTER);
    await terminal.shows(/Candidate \[/);
    terminal.type(`pg22${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Member pg22 does not exist in cluster typo/m);
    expect(end.text).toMatch(/^HINT: did you mean "pg2"\?$/m);
    expect(end.text).not.toMatch(/Are you sure/);
    expect(end).toMatchObject({ code: 1, restored: true, cursorVisible: true });
    await cluster.stop();
  });
});

describe.concurrent('edit-config in an editor', () => {
  /** An editor that runs a script of sed on its last argument, another script each time. */
  function editor(name: string, scripts: readonly string[]): { command: string; log: string } {
    const program = join(directory, name);
    const log = `${program}.log`;
    const cases = scripts.map((script, index) => `${index + 1}) ${script} ;;`).join('\n');
    writeFileSync(
      program,
      [
        '#!/bin/sh',
        `echo "$@" >>'${log}'`,
        'for file; do :; done',
        `case $(wc -l <'${log}') in`,
        cases,
        'esac',
      ].join('\n'),
    );
    chmodSync(program, 0o755);
    return { command: program, log };
  }

  async function cluster(scope: string) {
    return startFakeCluster(etcd.clientUrl, scope);
  }

  async function storedConfig(scope: string): Promise<unknown> {
    return JSON.parse((await readDocuments(etcd.clientUrl, scope)).config ?? '');
  }

  function keptFiles(scope: string): string[] {
    return readdirSync(directory).filter((name) => name.startsWith(`${scope}-config-`));
  }

  test('$EDITOR with arguments; the difference; "yes" writes', async () => {
    const { stop } = await cluster('edit');
    const { command, log } = editor('vi one', ['sed -i s/30/45/ "$file"']);
    const terminal = on(['edit-config', 'edit'], { env: { EDITOR: `"${command}" -w --nofork` } });
    await terminal.shows(/-ttl: 30\n\+ttl: 45\n[\s\S]*Apply these changes\?/);
    terminal.type(`y${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Configuration changed$/m);
    expect(end).toMatchObject({ code: 0, restored: true, cursorVisible: true });
    expect(readFileSync(log, 'utf8')).toMatch(/^-w --nofork \/.*edit-config-\w+\.yaml\n$/);
    expect(await storedConfig('edit')).toMatchObject({ ttl: 45, loop_wait: 10 });
    expect(keptFiles('edit')).toEqual([]);
    await stop();
  });

  test('a mistake in the YAML: the text is kept and opened again', async () => {
    const { stop } = await cluster('mistake');
    const { command } = editor('vi2', [
      'printf "ttl: 45\\n  loop_wait: [\\n" >"$file"',
      `cp "$file" '${directory}/second'; printf 'ttl: 45\\nloop_wait: 10\\nretry_timeout: 10\\n' >"$file"`,
    ]);
    const terminal = on(['edit-config', 'mistake'], { env: { VISUAL: command, EDITOR: 'false' } });
    await terminal.shows(/not valid YAML: line 1, column 6[\s\S]*Edit again\?/);
    terminal.type(`y${ENTER}`);
    await terminal.shows(/Apply these changes\?/);
    terminal.type(`y${ENTER}`);
    expect(await terminal.ended).toMatchObject({ code: 0, restored: true });
    const second = readFileSync(join(directory, 'second'), 'utf8');
    expect(second).toMatch(/^# pgherd: .*not valid YAML: line 1, column 6/);
    expect(second.replace(/^# pgherd:.*\n/gm, '')).toBe('ttl: 45\n  loop_wait: [\n');
    expect(await storedConfig('mistake')).toEqual({ ttl: 45, loop_wait: 10, retry_timeout: 10 });
    await stop();
  });

  test.each([
    ['giving up', 'giveup', 'printf "ttl: [\\n" >"$file"', /Edit again\?/, 'n\r', 1],
    ['Ctrl-C at "Edit again?"', 'leave', 'printf "ttl: [\\n" >"$file"', /again\?/, '\u0003', 130],
    ['"no" to the changes', 'no', 'sed -i s/30/45/ "$file"', /Apply these changes\?/, 'n\r', 1],
  ])('%s keeps the file and changes nothing', async (_, scope, script, prompt, answer, code) => {
    const { stop } = await cluster(scope);
    const { command } = editor(`vi-${scope}`, [script]);
    const terminal = on(['edit-config', scope], { env: { EDITOR: command } });
    await terminal.shows(prompt);
    terminal.type(answer);
    const end = await terminal.ended;
    expect(end).toMatchObject({ code, restored: true, cursorVisible: true });
    const [kept = ''] = keptFiles(scope);
    expect(end.text.replace(/\n/g, '')).toContain(`Your text is kept in ${join(directory, kept)}`);
    expect(readFileSync(join(directory, kept), 'utf8')).toMatch(/^ttl: \[|^loop_wait: 10\n/);
    expect(await storedConfig(scope)).toMatchObject({ ttl: 30 });
    await stop();
  });

  test('an editor that fails, and one that is not there', async () => {
    const { stop } = await cluster('broken');
    const failing = await on(['edit-config', 'broken'], { env: { EDITOR: 'false' } }).ended;
    expect(failing.text).toMatch(/^Error: Editor exited with return code 1$/m);
    expect(failing).toMatchObject({ code: 1, restored: true });
    const missing = await on(['edit-config', 'broken'], { env: { EDITOR: 'no-such-editor' } })
      .ended;
    expect(missing.text).toMatch(/^Error: The editor of \$EDITOR cannot be run: no-such-editor$/m);
    expect(missing).toMatchObject({ code: 1, restored: true });
    await stop();
  });

  test('somebody else was faster: nothing is written over it', async () => {
    const { stop } = await cluster('race');
    const { command } = editor('vi-race', ['sed -i s/30/45/ "$file"']);
    const terminal = on(['edit-config', 'race'], { env: { EDITOR: command } });
    await terminal.shows(/Apply these changes\?/);
    await putDocuments(etcd.clientUrl, 'race', { config: '{"ttl":60}' });
    terminal.type(`y${ENTER}`);
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Config modification aborted due to concurrent changes$/m);
    expect(end).toMatchObject({ code: 1, restored: true });
    expect(await storedConfig('race')).toEqual({ ttl: 60 });
    expect(keptFiles('race')).toHaveLength(1);
    await stop();
  });
});
