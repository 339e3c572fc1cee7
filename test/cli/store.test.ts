import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { expectEnvelope, expectFailure, pgherd, startPgherd } from '../harness/run-cli.ts';

test('store says what it is and where, serves, and ends with Ctrl-C', async () => {
  const cli = startPgherd(['store', '--listen', '127.0.0.1:0']);
  await cli.shows(/Ctrl-C ends it/);
  expect(cli.stderr.split('\n')[0]).toMatch(/^For trying out, never for production/);
  const url = cli.stdout.trim();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const listed = await pgherd(['discover', '--json', '-d', `etcd3://${new URL(url).host}`]);
  expect(expectEnvelope(listed, 'discover').outcome).toBe('done');
  cli.child.kill('SIGINT');
  expectFailure(await cli.ended, { code: 130, sentence: /what was in it is gone/ });
});

test('SIGTERM ends it as well', async () => {
  const cli = startPgherd(['store', '--listen', '127.0.0.1:0', '--json']);
  await cli.shows(/Ctrl-C ends it/);
  cli.child.kill('SIGTERM');
  const output = await cli.ended;
  expect(output.code).toBe(143);
  expect(JSON.parse(output.stdout)).toMatchObject({ data: null, error: { code: 'interrupted' } });
});

test.each([
  ['0.0.0.0:2379', 1, /^Other hosts could reach the store on 0\.0\.0\.0:2379$/, /not-production/],
  ['2379', 2, /^"2379" is not an address to listen on$/, /HOST:PORT/],
])('--listen %s is refused', async (address, code, sentence, hint) => {
  expectFailure(await pgherd(['store', '--listen', address]), { code, sentence, hint });
});

test('a port that is taken is said', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const output = await pgherd(['store', '--listen', `127.0.0.1:${port}`, '--json']);
  server.close();
  const { error } = expectEnvelope(output, 'store');
  expect(error?.message).toContain('the port is in use');
});

test('other hosts may reach it where that was said', async () => {
  const cli = startPgherd(['store', '--listen', '0.0.0.0:0', '--i-know-this-is-not-production']);
  await cli.shows(/Ctrl-C ends it/);
  cli.child.kill('SIGINT');
  expect((await cli.ended).code).toBe(130);
});
