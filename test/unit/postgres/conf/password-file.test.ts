import { describe, expect, it } from 'vitest';
import { loginsAt, passwordLines } from '../../../../src/postgres/conf/password-file.ts';
import { sampleConfig } from '../sample-config.ts';

const address = { host: '10.0.0.2', port: 5433 };

describe('passwordLines', () => {
  it('escapes colons and backslashes', () => {
    const login = { host: '::1', port: 5432, user: 'a:b', password: String.raw`c\d` };
    expect(passwordLines([login])).toBe(`${String.raw`\:\:1:5432:*:a\:b:c\\d`}\n`);
  });

  it('has a line for each host, and localhost for a socket', () => {
    const login = { port: 5432, user: 'u', password: 'p' };
    expect(passwordLines([{ ...login, host: 'a, b' }])).toBe('a:5432:*:u:p\nb:5432:*:u:p\n');
    expect(passwordLines([{ ...login, host: '/run' }])).toBe(
      '/run:5432:*:u:p\nlocalhost:5432:*:u:p\n',
    );
  });

  it('leaves out what would become two lines, and what is there already', () => {
    const login = { ...address, user: 'u', password: 'p' };
    const broken = { ...login, password: 'p\nx:*:*:*:y' };
    expect(passwordLines([login, broken, login])).toBe('10.0.0.2:5433:*:u:p\n');
  });
});

describe('loginsAt', () => {
  it('are those for streaming and for pg_rewind', () => {
    const config = sampleConfig({ rewind: { username: 'rewind', password: 'rw', options: {} } });
    expect(loginsAt(config, address).map(({ user }) => user)).toEqual(['replicator', 'rewind']);
    expect(loginsAt(sampleConfig(), address).map(({ user }) => user)).toEqual([
      'replicator',
      'postgres',
    ]);
  });

  it('are none without passwords', () => {
    const none = { username: 'x', options: {} };
    expect(loginsAt(sampleConfig({ superuser: none, replication: none }), address)).toEqual([]);
  });
});
