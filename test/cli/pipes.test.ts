import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putDocuments } from '../harness/documents.ts';
import { type RunningEtcd, startEtcd } from '../harness/etcd.ts';
import { runProgram } from '../harness/run.ts';
import { BARE_ENV, expectNoInside, RUN_JS } from '../harness/run-cli.ts';
import { newestEtcd } from '../harness/servers.ts';
import { demoDocuments } from '../unit/ctl/documents.ts';

let etcd: RunningEtcd;
beforeAll(async () => {
  etcd = await startEtcd({ version: newestEtcd() });
  const scopes = Array.from({ length: 200 }, (_, index) => `cluster${index}`);
  await Promise.all(scopes.map((scope) => putDocuments(etcd.clientUrl, scope, demoDocuments())));
});
afterAll(() => etcd?.stop());

/** Runs a line of bash in which `$PGHERD` is pgherd. */
async function shell(line: string) {
  const words = `PGHERD="$0 $1"; ${line}; echo "ends: \${PIPESTATUS[*]}"`;
  const env = { DCS_URL: `etcd3://${etcd.hosts[0]}` };
  const argv = ['bash', '-c', words, process.execPath, RUN_JS];
  const output = await runProgram(argv, { env, timeoutMs: 60_000 });
  expectNoInside(output);
  return output;
}

describe.concurrent('a reader that leaves early', () => {
  test.each([
    ['list --all', '$PGHERD list --all | head -1', /^\+ Cluster: cluster0 .*\nends: 0 0\n$/],
    ['list --all --json', '$PGHERD list --all --json | head -1', /^\{\nends: 0 0\n$/],
    ['discover', '$PGHERD discover | head -2', /\nends: 0 0\n$/],
    ['--help', '$PGHERD list --help | head -1', /\nends: 0 0\n$/],
    ['nobody at all', '$PGHERD list --all | true', /^ends: 0 0\n$/],
  ])('%s ends in silence', async (_name, line, stdout) => {
    const output = await shell(line);
    expect(output.stdout).toMatch(stdout);
    expect(output.stderr).toBe('');
  });

  test('list -w ends when nobody reads any more', async () => {
    const output = await shell('$PGHERD list cluster0 -w 0.3 | head -3');
    expect(output.stdout.split('\n')).toHaveLength(5);
    expect(output.stdout).toMatch(/ends: 0 0\n$/);
    expect(output.stderr).toBe('');
  });

  test('query -w as well, while the member does not answer', async () => {
    // Its errors go to stderr: a closed stderr is no reason to fall over.
    const output = await shell('$PGHERD list nothing-there 2>&1 >/dev/null | true');
    expect(output.stdout).toBe('ends: 1 0\n');
  });
});

test('200 clusters through a slow pipe arrive whole', async () => {
  const output = await shell('$PGHERD list --all --json | (sleep 1; wc -c)');
  const whole = await shell('$PGHERD list --all --json');
  const length = Buffer.byteLength(whole.stdout.replace(/ends: .*\n$/, ''));
  expect(length).toBeGreaterThan(65_536);
  expect(output.stdout).toMatch(new RegExp(`^${length}\\n`));
});

test('stdout that is closed from the start', async () => {
  const child = spawn('bash', ['-c', `"$0" "$1" list --all >&-`, process.execPath, RUN_JS], {
    env: { ...BARE_ENV, DCS_URL: `etcd3://${etcd.hosts[0]}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expectNoInside({ stdout: '', stderr });
  expect(code).toBe(0);
});
