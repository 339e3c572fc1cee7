import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memberRows } from '../../../src/ctl/list/members.ts';
import type { Format } from '../../../src/ctl/render/rows.ts';
import { renderMembers } from '../../../src/ctl/show-members.ts';
import type { ClusterView } from '../../../src/model/cluster.ts';
import { parseKey } from '../../../src/wire/keys.ts';
import { parseSnapshot } from '../../../src/wire/snapshot.ts';
import { processorMs } from '../../harness/processor.ts';
import { demoDocuments, memberDocument } from './documents.ts';

interface Captured {
  scope: string;
  citus: boolean;
  documents: Record<string, string>;
  printed: Record<string, string>;
}
// What patronictl 4.1 printed for these documents (scripts/capture-fixtures.ts).
const captured = JSON.parse(
  readFileSync(new URL('../../fixtures/clusters.json', import.meta.url), 'utf8'),
) as Captured[];

function viewOf(documents: Record<string, string>, scope = 'demo', group?: number): ClusterView {
  const parsed = Object.entries(documents).flatMap(([key, value]) => {
    const place = parseKey(key);
    return place ? [{ ...place, value, version: '1' }] : [];
  });
  return parseSnapshot(scope, parsed, group);
}

describe('renderMembers', () => {
  const cases = captured.flatMap(({ printed, ...cluster }) =>
    Object.entries(printed).map(([command, text]) => ({ ...cluster, command, text })),
  );

  it('has something to compare with', () => {
    expect(cases.length).toBeGreaterThan(150);
  });

  it.each(cases)('prints `$command` of $scope as patronictl does', (each) => {
    const words = each.command.split(' ');
    const wordAfter = (flag: string) =>
      words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined;
    const number = wordAfter('--group');
    const group = number === undefined ? undefined : Number(number);
    const format = words[0] === 'topology' ? 'topology' : (wordAfter('-f') ?? 'pretty');
    const options = { extended: words.includes('-e'), citus: each.citus, group };
    const view = viewOf(each.documents, each.scope, group);
    const text = renderMembers(view, { ...options, format: format as Format });
    expect(`${text}\n`).toBe(each.text);
  });

  const PLAIN = { format: 'pretty', extended: false, citus: false } as const;

  it('escapes hostile names, hosts, states, tags and clusters', () => {
    const evil = '\u001b[31m\n\u202e';
    const documents = demoDocuments({
      [`members/a${evil}`]: memberDocument('x1', {
        state: evil,
        tags: { [evil]: evil },
        conn_url: `postgres://h${evil}:5432/x`,
        pending_restart: true,
        pending_restart_reason: { [evil]: { old_value: evil, new_value: '' } },
        scheduled_restart: { schedule: evil },
      }),
      failover: JSON.stringify({ leader: evil, scheduled_at: '2026-01-01T00:00:00Z' }),
    });
    for (const format of ['pretty', 'topology', 'tsv'] as const) {
      const text = renderMembers(viewOf(documents, `d${evil}`), { ...PLAIN, format });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
      expect(text).toContain('a\\x1b[31m\\n\\u202e');
    }
  });

  it('colours the leader, the stopped and the late, and changes nothing else', () => {
    const documents = demoDocuments({
      'members/pg2': memberDocument('pg2', { state: 'stopped', replay_lsn: 1, receive_lsn: 1 }),
    });
    const plain = renderMembers(viewOf(documents), PLAIN);
    const colored = renderMembers(viewOf(documents), { ...PLAIN, color: true });
    expect(colored).toContain('\u001b[1;32mLeader \u001b[0m');
    expect(colored).toContain('\u001b[31mstopped  \u001b[0m');
    expect(colored).toContain('\u001b[33m 80\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: taking the colours away
    expect(colored.replace(/\u001b\[[0-9;]*m/g, '')).toBe(plain);
  });

  it('shows members that replicate in a circle in the tree, too', () => {
    const follows = (name: string, source: string) =>
      memberDocument(name, { tags: { replicatefrom: source } });
    const documents = demoDocuments({
      'members/pg2': follows('pg2', 'pg3'),
      'members/pg3': follows('pg3', 'pg2'),
    });
    const text = renderMembers(viewOf(documents), { ...PLAIN, format: 'topology' });
    expect(text.split('\n').map((line) => line.slice(0, 11))).toEqual([
      '+ Cluster: ',
      '| Member  |',
      '+---------+',
      '| pg1     |',
      '| + pg2   |',
      '|   + pg3 |',
      '+---------+',
    ]);
  });

  it('finds the groups of a Citus cluster also without a citus section', () => {
    const documents = { '0/leader': 'c', '1/leader': 'w', '1/members/w': memberDocument('w1') };
    const text = renderMembers(viewOf(documents), PLAIN);
    expect(text).toContain('+ Citus cluster: demo ');
    expect(text).toContain('|     1 | w      | 10.0.0.1 | Leader |');
  });

  it('prints 1,000 members without taking their square', async () => {
    const time = (count: number): Promise<number> => {
      const members = Array.from({ length: count }, (_, index) => [
        `members/n${index}`,
        memberDocument('n1', { tags: { replicatefrom: `n${index - 1}` } }),
      ]);
      const view = viewOf(Object.fromEntries(members));
      return processorMs(() => {
        for (const format of ['pretty', 'topology'] as const) {
          renderMembers(view, { ...PLAIN, format });
        }
      });
    };
    await time(100);
    expect(await time(1000)).toBeLessThan(2000);
  });
});

describe('memberRows', () => {
  it('sorts by code points, and keeps numbers numbers', () => {
    const documents = demoDocuments({ 'members/\u{1f600}': '{}', 'members/\uffff': '{}' });
    const rows = memberRows(viewOf(documents));
    expect(rows.map(({ member }) => member)).toEqual(['pg1', 'pg2', 'pg3', '\uffff', '\u{1f600}']);
    expect(rows[0]).toMatchObject({ role: 'leader', receive: null, replay: null });
    expect(rows[1]).toMatchObject({
      role: 'replica',
      state: 'streaming',
      host: '10.0.0.2',
      port: 5432,
      replay: { lsn: 83886592, lag: 0 },
    });
    expect(rows[3]).toMatchObject({ host: null, port: null, replay: { lsn: null, lag: null } });
  });

  it('compares sync names without regard to case, and only in a mode that has them', () => {
    const roles = (config: string) =>
      memberRows(
        viewOf(demoDocuments({ config, sync: '{"leader":"pg1","sync_standby":"PG2"}' })),
      ).map(({ role }) => role);
    expect(roles('{"synchronous_mode":true}')).toEqual(['leader', 'sync_standby', 'replica']);
    expect(roles('{"synchronous_mode":"quorum"}')[1]).toBe('quorum_standby');
    expect(roles('{}')[1]).toBe('replica');
    expect(roles('{"synchronous_mode":"on","standby_cluster":{"host":"x"}}')).toEqual([
      'standby_leader',
      'replica',
      'replica',
    ]);
  });
});
