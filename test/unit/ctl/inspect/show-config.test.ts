import { expect, it } from 'vitest';
import { showConfig } from '../../../../src/ctl/inspect/show-config.ts';
import { expectSchema } from '../../schema.ts';
import { fakeSession } from '../fake-session.ts';

const ASK = { cluster: undefined, group: undefined };

it('prints what patronictl prints, an empty line at the end included', async () => {
  const config = '{"ttl":30,"postgresql":{"parameters":{"work_mem":"4MB"}},"pause":true}';
  const session = fakeSession({ documents: { config } });
  const result = await showConfig(session, ASK);
  expect(session.stdout).toEqual([
    'pause: true\npostgresql:\n  parameters:\n    work_mem: 4MB\nttl: 30\n',
  ]);
  expect(result.data).toEqual({ cluster: 'demo', group: null, config: JSON.parse(config) });
  expectSchema('show-config', result);
});

it('prints nothing for a cluster without a configuration', async () => {
  const session = fakeSession({ documents: { initialize: '7' } });
  const result = await showConfig(session, ASK);
  expect(session.stdout).toEqual([]);
  expect(result.data).toEqual({ cluster: 'demo', group: null, config: null });
  expectSchema('show-config', result);
});

it('keeps numbers that JavaScript cannot', async () => {
  const config = '{"a":12345678901234567890,"b":[1.0]}';
  const session = fakeSession({ documents: { config } });
  const result = await showConfig(session, ASK);
  expect(session.stdout).toEqual(['a: 12345678901234567890\nb:\n- 1.0\n']);
  expectSchema('show-config', result);
  expect(JSON.parse(JSON.stringify(result.data))).toMatchObject({
    config: { a: '12345678901234567890', b: [1] },
  });
});

it('lets no control characters through', async () => {
  const session = fakeSession({ documents: { config: '{"a":"\\u001b[2J","b":"\\u202e"}' } });
  await showConfig(session, ASK);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the purpose
  expect(session.stdout.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

it('an unknown cluster is a refusal', async () => {
  const session = fakeSession();
  await expect(showConfig(session, { cluster: 'dem', group: undefined })).rejects.toThrow(
    'There is no cluster "dem"',
  );
});
