import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EtcdSettings } from '../../../../src/config/settings.ts';
import { readNotes, writeNotes } from '../../../../src/daemon/release/notes.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgherd-notes-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const STORE: EtcdSettings = {
  kind: 'etcd3',
  hosts: ['10.0.0.1:2379', '[::1]:2379'],
  protocol: 'https',
  useProxies: false,
  username: 'pgherd',
  password: 'ü"\n',
  tls: { insecure: false, cacert: '/etc/ca.pem', keyPassword: '0123456789012345678' },
};

describe('the notes for a release program', () => {
  it('come back as they were written, and are for this user only', () => {
    const context = { stateDir, scope: 'demo', name: 'pg1', warn: () => {} };
    const more = { namespace: '/service', dataDir: '/data', store: STORE };
    writeNotes(context, more);
    expect(readNotes(stateDir)).toEqual({ scope: 'demo', name: 'pg1', ...more });
    expect(statSync(join(stateDir, 'release.json')).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{', '[]', '{"scope":"demo"}', '{"store":{"kind":"none"}}'])(
    'are nothing when they are %j',
    (text) => {
      writeFileSync(join(stateDir, 'release.json'), text);
      expect(readNotes(stateDir)).toBeUndefined();
    },
  );

  it('are nothing when there are none', () => {
    expect(readNotes(join(stateDir, 'gone'))).toBeUndefined();
  });
});
