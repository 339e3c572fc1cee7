import { describe, expect, it } from 'vitest';
import {
  type CallLog,
  loggedMemberApi,
  loggedStore,
  wantsCallLog,
} from '../../../src/ctl/call-log.ts';
import { RestError } from '../../../src/rest/member-api.ts';
import { demoDocuments } from './documents.ts';
import { fakeSession } from './fake-session.ts';

const session = fakeSession({
  documents: demoDocuments(),
  rest: (member) => {
    if (member === 'pg2') throw new RestError('timeout', 'no answer');
    return { status: 200, body: 'secret' };
  },
});
const lines: string[] = [];
const log: CallLog = { clock: session.clock, write: (line) => lines.push(line.slice(27)) };
const member = { name: 'pg1', apiUrl: 'http://10.0.0.1:8008' };

describe('the log of calls', () => {
  it('tells what was asked of the DCS and what came of it, without values', async () => {
    lines.length = 0;
    const dcs = loggedStore(await session.store(), log).cluster('demo');
    await dcs.read();
    await dcs.write('config', '{"secret":1}', 'absent');
    expect(lines).toEqual([
      'DEBUG - DCS read demo: 8 documents (0 ms)',
      'DEBUG - DCS write demo/config: conflict (0 ms)',
    ]);
  });

  it('tells what members answered, or why they did not, without bodies', async () => {
    lines.length = 0;
    const api = loggedMemberApi(await session.rest(), log);
    await api.request(member, 'GET', { path: 'patroni' });
    const silent = api.request({ ...member, name: 'pg2\n' }, 'POST', { path: 'restart' });
    await expect(silent).resolves.toBeDefined();
    await expect(
      api.request({ ...member, name: 'pg2' }, 'POST', { path: 'restart' }),
    ).rejects.toThrow(RestError);
    expect(lines).toEqual([
      'DEBUG - GET /patroni on pg1: status 200 (0 ms)',
      'DEBUG - POST /restart on pg2\\n: status 200 (0 ms)',
      'DEBUG - POST /restart on pg2: RestError: no answer (0 ms)',
    ]);
  });

  it.each([
    [{}, false],
    [{ LOGLEVEL: 'DEBUG' }, true],
    [{ PATRONI_LOG_LEVEL: 'debug' }, true],
    [{ LOGLEVEL: 'DEBUG', PATRONI_LOGLEVEL: 'INFO' }, false],
  ])('%j wants it: %s', (env, wanted) => {
    expect(wantsCallLog(env)).toBe(wanted);
  });
});
