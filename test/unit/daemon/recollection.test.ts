import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnownCluster } from '../../../src/agent/ports.ts';
import { fileRecollection } from '../../../src/daemon/recollection.ts';

let stateDir: string;
let warnings: string[];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgherd-recollection-'));
  warnings = [];
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function context(more: { scope?: string; name?: string } = {}) {
  const warn = (message: string) => warnings.push(message);
  return { stateDir, scope: 'demo', name: 'pg1', warn, ...more };
}

const KNOWN: KnownCluster = {
  documents: [
    { name: 'leader', value: 'pg1', version: '7' },
    { name: 'members/pg1', value: '{"a":"ü\\n"}', version: '8', group: 0 },
    { name: 'config', value: '{"ttl":30.0}', version: '9' },
  ],
  revision: 2 ** 52,
  identity: '9223372036854775807',
};

describe('fileRecollection', () => {
  it('gives back what was kept, to the next agent of the same member', () => {
    expect(fileRecollection(context()).load()).toBeUndefined();
    fileRecollection(context()).keep(KNOWN);
    expect(fileRecollection(context()).load()).toEqual(KNOWN);
    const { identity: _, ...anonymous } = KNOWN;
    fileRecollection(context()).keep(anonymous);
    expect(fileRecollection(context()).load()).toEqual(anonymous);
    expect(readdirSync(stateDir)).toEqual(['cluster.json']);
    expect(statSync(join(stateDir, 'cluster.json')).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  it.each([{ scope: 'other' }, { name: 'pg2' }])('is nothing to %j', (other) => {
    fileRecollection(context()).keep(KNOWN);
    expect(fileRecollection(context(other)).load()).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/is ignored: it is of pg1 in the cluster demo/),
    ]);
  });

  it.each([
    ...['', '{', '[]', 'null', '{"format":2,"scope":"demo","name":"pg1"}', '\u0000'],
    '{"format":1,"scope":"demo","name":"pg1","revision":1}',
    '{"format":1,"scope":"demo","name":"pg1","revision":1,"documents":[{"name":"leader"}]}',
    '{"format":1,"scope":"demo","name":"pg1","revision":"1","documents":[]}',
    '{"format":1,"scope":"demo","name":"pg1","revision":1,"documents":[{"name":"../x","value":"","version":""}]}',
    '{"format":1,"scope":"demo","name":"pg1","revision":1,"identity":7,"documents":[]}',
  ])('takes junk for nothing: %j', (junk) => {
    writeFileSync(join(stateDir, 'cluster.json'), junk);
    expect(fileRecollection(context()).load()).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/cluster\.json is ignored: it makes no sense/),
    ]);
  });

  it('survives a file that cannot be read, and a directory that has gone', () => {
    mkdirSync(join(stateDir, 'cluster.json'));
    expect(fileRecollection(context()).load()).toBeUndefined();
    rmSync(stateDir, { recursive: true });
    fileRecollection(context()).keep(KNOWN);
    expect(warnings).toEqual([
      expect.stringMatching(/is ignored: it cannot be read/),
      expect.stringMatching(/cannot be written/),
    ]);
  });

  it('replaces what was left of a write that was cut off', () => {
    writeFileSync(join(stateDir, 'cluster.json.new'), 'half');
    chmodSync(join(stateDir, 'cluster.json.new'), 0o400);
    fileRecollection(context()).keep(KNOWN);
    expect(fileRecollection(context()).load()).toEqual(KNOWN);
  });
});
