import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../../src/model/errors.ts';
import { Addresses } from '../../../../../src/rest/addresses.ts';
import { isAllowed, parseAllowlist } from '../../../../../src/rest/server/access/allowlist.ts';
import {
  checkCredentials,
  credentialsOf,
  GuessBrake,
} from '../../../../../src/rest/server/access/credentials.ts';
import { type AccessContext, refusalOf } from '../../../../../src/rest/server/access/refusal.ts';
import { parseSnapshot } from '../../../../../src/wire/snapshot.ts';
import { documentsOf } from '../fake-backend.ts';

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  pg1: ['10.0.0.1', 'fd00::1'],
  pg3: ['10.0.0.3'],
  admin: ['192.0.2.9'],
};
const names = new Addresses(async (host) => {
  const found = HOSTS[host];
  if (!found) throw new Error('ENOTFOUND');
  return found;
});

describe('an allow-list', () => {
  const allows = (client: string, entries: readonly string[], hosts: readonly string[] = []) =>
    isAllowed(client, parseAllowlist(entries), { addresses: names, hosts });

  it.each([
    ['10.0.0.1', ['10.0.0.1'], true],
    ['10.0.0.2', ['10.0.0.1'], false],
    ['10.0.7.1', ['10.0.0.0/16'], true],
    ['10.1.7.1', ['10.0.0.0/16'], false],
    ['10.0.7.1', ['10.0.3.4/16'], true],
    ['10.0.7.1', ['10.0.0.0/255.255.0.0'], true],
    ['10.1.7.1', ['10.0.0.0/255.255.0.0'], false],
    ['10.1.7.1', ['0.0.0.0/0'], true],
    // A socket of both families names IPv4 clients like this.
    ['::ffff:10.0.0.1', ['10.0.0.1'], true],
    ['::ffff:10.0.7.1', ['10.0.0.0/16'], true],
    ['::ffff:10.1.7.1', ['10.0.0.0/16'], false],
    ['fd00::5', ['fd00::/8'], true],
    ['fe80::5%eth0', ['fe80::/10'], true],
    ['::1', ['127.0.0.1', '::1'], true],
    ['192.0.2.9', ['admin'], true],
    ['192.0.2.8', ['admin'], false],
    ['192.0.2.9', ['nowhere', 'admin'], true],
    ['::ffff:192.0.2.9', ['admin'], true],
    ['10.0.0.1', [' 10.0.0.1 '], true],
  ])('%s with %j: %s', async (client, entries, allowed) => {
    expect(await allows(client, entries)).toBe(allowed);
  });

  it('lets members in beside it', async () => {
    expect(await allows('10.0.0.3', ['192.0.2.1'], ['pg1', 'pg3'])).toBe(true);
    expect(await allows('fd00::1', ['192.0.2.1'], ['pg1', 'pg3'])).toBe(true);
    expect(await allows('10.0.0.4', ['192.0.2.1'], ['pg1', 'pg3', '10.0.0.5'])).toBe(false);
    expect(await allows('10.0.0.5', [], ['10.0.0.5'])).toBe(true);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/255.0.255.0', '10.0.0.0/x', '/8'])(
    'refuses %s',
    (entry) => {
      expect(() => parseAllowlist([entry])).toThrow(Refusal);
    },
  );
});

describe('user and password', () => {
  const credentials = credentialsOf('admin', 'sécret:x');
  const header = (user: string, password: string) =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  it('are right or wrong, in Patroni’s words', () => {
    expect(checkCredentials(credentials, header('admin', 'sécret:x'))).toBeUndefined();
    expect(checkCredentials(credentials, undefined)).toBe('no auth header received');
    for (const wrong of [
      header('admin', 'secret'),
      header('Admin', 'sécret:x'),
      header('admin', 'sécret:x').replace('Basic', 'basic'),
      header('admin', 'sécret:x').replace('Basic ', 'Bearer '),
      `${header('admin', 'sécret:x')} `,
      'Basic',
      '',
    ]) {
      expect(checkCredentials(credentials, wrong)).toBe('not authenticated');
    }
  });

  it('cost time after five wrong ones, by address, and are forgotten after a minute', async () => {
    let now = 0;
    const sleeps: (() => void)[] = [];
    const brake = new GuessBrake(
      () => now,
      () => new Promise((resolve) => sleeps.push(resolve)),
    );
    for (let tries = 0; tries < 5; tries += 1) expect(await brake.failed('a')).toBe(true);
    const held = brake.failed('a');
    expect(sleeps).toHaveLength(1);
    expect(await brake.failed('b')).toBe(true);
    sleeps[0]?.();
    expect(await held).toBe(true);
    now += 60_000;
    expect(await brake.failed('a')).toBe(true);
    expect(sleeps).toHaveLength(1);
  });

  it('are not looked at one after the other as fast as one can ask', async () => {
    const brake = new GuessBrake(
      () => 0,
      () => new Promise(() => {}),
    );
    for (let tries = 0; tries < 5; tries += 1) await brake.failed('a');
    for (let tries = 0; tries < 16; tries += 1) void brake.failed('a');
    expect(await brake.failed('a')).toBe(false);
  });

  it('of very many addresses only the last thousand are remembered', async () => {
    const brake = new GuessBrake(() => 0);
    for (let tries = 0; tries < 5; tries += 1) await brake.failed('a');
    for (let count = 0; count < 1000; count += 1) await brake.failed(`b${count}`);
    expect(await brake.failed('a')).toBe(true);
  });
});

describe('refusalOf', () => {
  const view = parseSnapshot(
    'demo',
    documentsOf({ 'members/pg1': undefined, failsafe: '{"pg1":"http://pg1:8008/patroni"}' }),
  );
  const from = (remoteAddress: string, authorization?: string): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { authorization } }) as unknown as IncomingMessage;
  const context = (
    rules: Partial<AccessContext['rules']> = {},
    more: Partial<AccessContext> = {},
  ): AccessContext => ({
    rules: {
      allowlist: parseAllowlist([]),
      includeMembers: false,
      certificate: false,
      credentials: undefined,
      ...rules,
    },
    addresses: names,
    brake: new GuessBrake(),
    known: view,
    failsafe: false,
    ...more,
  });
  const denied = { status: 403, body: 'Access is denied' };

  it('lets everybody in when nothing is set', async () => {
    expect(await refusalOf(from('192.0.2.1'), context())).toBeUndefined();
  });

  it('asks for the address first, then the certificate, then the password', async () => {
    const all = {
      allowlist: parseAllowlist(['10.0.0.0/8']),
      certificate: true,
      credentials: credentialsOf('u', 'p'),
    };
    expect(await refusalOf(from('192.0.2.1'), context(all))).toMatchObject(denied);
    expect(await refusalOf(from('10.0.0.1'), context(all))).toMatchObject({
      status: 403,
      body: 'client certificate required',
    });
    const open = { ...all, certificate: false };
    expect(await refusalOf(from('10.0.0.1'), context(open))).toEqual({
      status: 401,
      body: 'no auth header received',
      type: 'text/html',
      headers: ['WWW-Authenticate', 'Basic realm="Patroni"'],
    });
    const right = `Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(await refusalOf(from('10.0.0.1', right), context(open))).toBeUndefined();
  });

  it('lets members in when that is set, also one that only the failsafe list has', async () => {
    const rules = { includeMembers: true };
    expect(await refusalOf(from('10.0.0.3'), context(rules))).toBeUndefined();
    expect(await refusalOf(from('10.0.0.1'), context(rules))).toBeUndefined();
    expect(await refusalOf(from('10.0.0.4'), context(rules))).toMatchObject(denied);
    expect(await refusalOf(from('10.0.0.3'), context(rules, { known: undefined }))).toMatchObject(
      denied,
    );
  });

  it('lets the leader’s failsafe message in beside an explicit list, and past members', async () => {
    const list = { allowlist: parseAllowlist(['192.0.2.1']) };
    const failsafe = { failsafe: true };
    expect(await refusalOf(from('10.0.0.1'), context(list, failsafe))).toBeUndefined();
    expect(await refusalOf(from('10.0.0.1'), context(list))).toMatchObject(denied);
    expect(await refusalOf(from('10.0.0.9'), context(list, failsafe))).toMatchObject(denied);
    const members = { includeMembers: true };
    expect(await refusalOf(from('10.0.0.9'), context(members, failsafe))).toBeUndefined();
  });

  it('hangs up on who guesses', async () => {
    const brake = { failed: async () => false } as unknown as GuessBrake;
    const rules = { credentials: credentialsOf('u', 'p') };
    expect(await refusalOf(from('10.0.0.1', 'Basic x'), context(rules, { brake }))).toBe('hang-up');
    expect(await refusalOf(from('10.0.0.1'), context(rules, { brake }))).toMatchObject({
      status: 401,
    });
  });
});
