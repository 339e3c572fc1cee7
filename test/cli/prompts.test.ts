import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { type FakeCluster, startFakeCluster } from '../harness/fake-cluster.ts';
import { onTerminal, type PtyOptions } from '../harness/pty.ts';
import { newestEtcd } from '../harness/servers.ts';

const CTRL_C = '\u0003';
const ENTER = '\r';

let etcd: RunningEtcd;
let demo: FakeCluster;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pgherd-prompts-'));
  etcd = await startEtcd({ version: newestEtcd() });
  demo = await startFakeCluster(etcd.clientUrl, 'demo', {
    answers: {
      pg2: {
        'POST reinitialize': { status: 503, body: 'reinitialize already in progress' },
      },
    },
  });
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

/** A prompt, and what is typed before it is reached. */
interface Reached {
  readonly args: readonly string[];
  /** Prompt → answer; Ctrl-C comes at the last one. */
  readonly prompts: readonly (readonly [RegExp, string])[];
}

const SWITCHOVER: Reached['prompts'] = [
  [/Primary/, ENTER],
  [/Candidate \['pg2', 'pg3'\]/, ENTER],
  [/When should the switchover take place \(e\.g\. \d{4}-\d\d-\d\dT\d\d:\d\d \)/, ENTER],
  [/Are you sure you want to switchover cluster demo, demoting current leader pg1\?/, ENTER],
];
const RESTART: Reached['prompts'] = [
  [/When should the restart take place \(e\.g\. \d{4}-\d\d-\d\dT\d\d:\d\d\)/, ENTER],
  [/Are you sure you want to restart members pg2, pg3, pg1\?/, `y${ENTER}`],
  [/Restart if the PostgreSQL version is less than provided \(e\.g\. 9\.5\.2\)/, ENTER],
];
const REMOVE: Reached['prompts'] = [
  [/Please confirm the cluster name to remove/, `demo${ENTER}`],
  [
    /You are about to remove all information in DCS for demo, please type/,
    `Yes I am aware${ENTER}`,
  ],
  [/This cluster currently is healthy\. Please specify the leader name to continue/, ENTER],
];
const REINIT: Reached['prompts'] = [
  [/Which member do you want to reinitialize \[pg2, pg3\]\?/, `pg2${ENTER}`],
  [/Are you sure you want to reinitialize members pg2\?/, `y${ENTER}`],
  [/Do you want to cancel it and reinitialize anyway\?/, ENTER],
];
const ROAD: readonly Reached[] = [
  { args: ['switchover', 'demo'], prompts: SWITCHOVER },
  {
    args: ['failover', 'demo'],
    prompts: [
      [/Candidate \['pg2', 'pg3'\]/, `pg2${ENTER}`],
      [/Are you sure you want to failover cluster demo, demoting current leader pg1\?/, ENTER],
    ],
  },
  { args: ['restart', 'demo'], prompts: RESTART },
  { args: ['remove', 'demo'], prompts: REMOVE },
  { args: ['reinit', 'demo'], prompts: REINIT },
  {
    args: ['drill', 'demo', '--probe', 'none'],
    prompts: [[/Please confirm the cluster name to switch over/, ENTER]],
  },
  { args: ['reload', 'demo'], prompts: [[/Are you sure you want to reload members/, ENTER]] },
  { args: ['flush', 'demo', 'restart'], prompts: [[/sure you want to flush members/, ENTER]] },
  { args: ['demote-cluster', 'demo', '--host', '10.9.9.9'], prompts: [[/Are you sure/, ENTER]] },
  { args: ['edit-config', 'demo', '-s', 'ttl=40'], prompts: [[/Apply these changes\?/, ENTER]] },
  { args: ['query', 'demo', '-c', 'SELECT 1', '--password'], prompts: [[/Password/, ENTER]] },
];

describe('Ctrl-C at a prompt', () => {
  const each = ROAD.flatMap(({ args, prompts }) =>
    prompts.map((_, index) => ({
      name: `${args.join(' ')}, question ${index + 1}`,
      args,
      prompts: prompts.slice(0, index + 1),
    })),
  );

  test.concurrent.each(each)('$name', async ({ args, prompts }) => {
    const before = await readDocuments(etcd.clientUrl, 'demo');
    const terminal = on(args);
    for (const [index, [prompt, answer]] of prompts.entries()) {
      await terminal.shows(prompt);
      terminal.type(index === prompts.length - 1 ? CTRL_C : answer);
    }
    const end = await terminal.ended;
    expect(end.text).toMatch(/^Error: Interrupted/m);
    expect(end).toMatchObject({ code: 130, restored: true, cursorVisible: true });
    expect(end.text.match(/^Error: /gm)).toHaveLength(1);
    expect(end.text).not.toMatch(/^ {4}at /m);
    expect(await readDocuments(etcd.clientUrl, 'demo')).toEqual(before);
  });

  test('no member got an order, but for the one that refused it', () => {
    const orders = Object.values(demo.members)
      .flatMap(({ heard }) => heard)
      .filter(({ method }) => method !== 'GET');
    expect(new Set(orders.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['POST reinitialize']),
    );
    expect(orders.some(({ body }) => body.includes('"force":true'))).toBe(false);
  });
});
