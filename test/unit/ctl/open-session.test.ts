import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { openSession } from '../../../src/ctl/open-session.ts';
import { Terminal } from '../../../src/system/terminal.ts';

afterEach(() => vi.unstubAllEnvs());

it('keeps Patroni’s variables, passwords among them, from the programs that it starts', async () => {
  vi.stubEnv('PATRONI_SCOPE', 'demo');
  vi.stubEnv('PATRONI_SUPERUSER_PASSWORD', 'secret');
  vi.stubEnv('EDITOR', 'vi');
  const streams = { stdout: new PassThrough(), stderr: new PassThrough(), env: {} };
  const terminal = new Terminal({ ...streams, exit: process.exit }, { json: false });
  const options = { configFile: undefined, dcsUrl: undefined, insecure: false };
  const session = await openSession(terminal, new AbortController().signal, options);
  expect(session.settings.scope).toBe('demo');
  expect(session.env.EDITOR).toBe('vi');
  expect(Object.keys(session.env).filter((name) => name.startsWith('PATRONI_'))).toEqual([]);
  await session.close();
});
