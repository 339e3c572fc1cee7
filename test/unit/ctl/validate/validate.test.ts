import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../../src/config/yaml-text.ts';
import { validateConfig } from '../../../../src/ctl/validate/validate.ts';
import type { Json } from '../../../../src/model/json.ts';

type Config = Record<string, Json>;

const WORLD = { hosts: [], local: {} };

function yaml(text: string): Config {
  return parseYaml(text, { source: 'test' }) as Config;
}

/** `severity path: message` of what is found in a new configuration. */
async function found(text: string, before = '{}'): Promise<string[]> {
  const findings = await validateConfig(yaml(before), yaml(text), WORLD);
  return findings.map(({ severity, message }) => `${severity}: ${message}`);
}

describe('keys', () => {
  it('accepts all that the documentation names', async () => {
    const text = `
      {loop_wait: 10, ttl: "30", retry_timeout: 10, maximum_lag_on_failover: 1048576,
       maximum_lag_on_syncnode: -1, max_timelines_history: 0, primary_start_timeout: 300,
       master_stop_timeout: 0, synchronous_mode: quorum, synchronous_mode_strict: off,
       synchronous_node_count: 1, failsafe_mode: "on", check_timeline: no, pause: null,
       member_slots_ttl: 30min, slots: {a_1: {}, b: {type: logical, database: d, plugin: p}, c: null},
       ignore_slots: [{name: x, type: physical, database: d, plugin: p}],
       standby_cluster: {host: "a,b", port: 5432, primary_slot_name: s, restore_command: cp,
         create_replica_methods: [basebackup], recovery_min_apply_delay: 5min},
       postgresql: {use_pg_rewind: on, use_slots: true, pg_ctl_timeout: 60, config_base_name: pg, recovery_conf: {a: b},
         parameters: {work_mem: 4MB}, pg_ident: [a b c], rewind: [debug], basebackup: [{max-rate: 1M}],
         callbacks: {on_start: x}, create_replica_methods: [wal_e, basebackup], wal_e: {command: x},
         other: {command: y}}}`;
    expect(await found(text)).toEqual([]);
  });

  it.each([
    ['{ttl: 19}', 'error: ttl: 19 is less than 20'],
    ['{ttl: 30s}', 'error: ttl: 30s is not a whole number'],
    ['{ttl: null}', 'error: ttl: null is not a whole number'],
    ['{loop_wait: 0}', 'error: loop_wait: 0 is less than 1'],
    ['{retry_timeout: 2}', 'error: retry_timeout: 2 is less than 3'],
    ['{maximum_lag_on_failover: 1MB}', 'error: maximum_lag_on_failover: 1MB is not a whole number'],
    ['{pause: maybe}', 'error: pause: maybe is not on or off'],
    ['{synchronous_mode: strict}', 'error: synchronous_mode: strict is not off, on or quorum'],
    ['{synchronous_node_count: 0}', 'error: synchronous_node_count: 0 is less than 1'],
    [
      '{member_slots_ttl: soon}',
      'error: member_slots_ttl: soon is not a time, such as 30min (units: us, ms, s, min, h, d)',
    ],
    [
      '{looop_wait: 3}',
      'error: looop_wait is no setting that Patroni knows; did you mean loop_wait?',
    ],
    ['{zzzzzzzzzz: 3}', 'error: zzzzzzzzzz is no setting that Patroni knows'],
    [
      '{postgresql: {paramters: {}}}',
      'error: postgresql.paramters is no setting that Patroni knows; did you mean parameters?',
    ],
    ['{postgresql: 5}', 'error: postgresql: 5 is not a map'],
    ['{postgresql: {parameters: [a]}}', 'error: postgresql.parameters is not a map'],
    ['{postgresql: {pg_hba: local all}}', 'error: postgresql.pg_hba: local all is not a list'],
    ['{postgresql: {pg_ident: [1]}}', 'error: postgresql.pg_ident has an item that is not text'],
    ['{slots: {My-Slot: {}}}', /^error: slots.My-Slot cannot be the name of a slot/],
    ['{slots: {a: {type: logical, plugin: p}}}', /^error: slots.a is logical and needs both/],
    ['{slots: {a: {type: fast}}}', /^error: slots.a has a type that is not physical or logical/],
    ['{slots: {a: {cluster_type: big}}}', /^error: slots.a has a cluster_type/],
    ['{ignore_slots: {name: a}}', 'error: ignore_slots: a map is not a list'],
    ['{ignore_slots: [a]}', 'error: ignore_slots.0: a is not a map'],
    ['{ignore_slots: [{type: x}]}', /^error: ignore_slots.0.type: x is none of physical, logical/],
    ['{standby_cluster: {primary_slot_name: a}}', /^error: standby_cluster needs host, port or/],
    ['{standby_cluster: {port: 70000}}', 'error: standby_cluster.port: 70000 is not a port'],
    ['{standby_cluster: {host: a, restore_comand: b}}', /did you mean restore_command\?$/],
    ['{postgresql: {listen: "*"}}', /^warning: postgresql.listen is ignored here/],
    ['{postgresql: {pg_hba_primary: []}}', /^warning: .* has no effect on members that run/],
  ])('%s', async (text, message) => {
    const messages = await found(text);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toEqual(
      message instanceof RegExp ? expect.stringMatching(message) : message,
    );
  });

  it('tells a whole patroni.yml in one sentence', async () => {
    const text = '{scope: demo, name: pg1, restapi: {}, etcd3: {}, bootstrap: {dcs: {ttl: 1}}}';
    expect(await found(text)).toEqual([
      expect.stringMatching(/^error: scope, name, restapi, etcd3, bootstrap: that belongs to/),
    ]);
  });

  it('escapes names that could steer a terminal', async () => {
    expect(await found('{"\\u001B[2Jx": 1}'.replace('\\u001B', '\\e'))).toEqual([
      'error: \\x1b[2Jx is no setting that Patroni knows',
    ]);
  });

  it('takes __proto__ for a key like any other', async () => {
    expect(await found('{__proto__: {a: 1}}')).toEqual([
      'error: __proto__ is no setting that Patroni knows',
    ]);
  });
});

describe('timing', () => {
  it('holds loop_wait + 2 * retry_timeout against ttl, defaults included', async () => {
    expect(await found('{loop_wait: 11}')).toEqual([
      expect.stringMatching(
        /^error: loop_wait 11 \+ 2 \* retry_timeout 10 = 31 is more than ttl 30/,
      ),
    ]);
    expect(await found('{ttl: 20, loop_wait: 5, retry_timeout: 8}')).toHaveLength(1);
    expect(await found('{ttl: 20, loop_wait: 4, retry_timeout: 8}')).toEqual([]);
  });
});

describe('what was wrong before', () => {
  it('does not stop an edit of something else', async () => {
    expect(await found('{ttll: 3, loop_wait: 9}', '{ttll: 3}')).toEqual([
      'warning: ttll is no setting that Patroni knows; did you mean ttl? (as before)',
    ]);
  });
  it('is not warned of again', async () => {
    const before = '{postgresql: {listen: x}}';
    expect(await found('{postgresql: {listen: x}, ttl: 31}', before)).toEqual([]);
  });
  it('stops an edit that makes it another mistake', async () => {
    expect(await found('{ttl: 18}', '{ttl: 19}')).toEqual(['error: ttl: 18 is less than 20']);
  });
});

it('has an opinion on whatever stands in the DCS', async () => {
  const key = fc.constantFrom('ttl', 'slots', 'ignore_slots', 'postgresql', 'standby_cluster', 'x');
  const inner = fc.constantFrom(
    'parameters',
    'pg_hba',
    'use_slots',
    'host',
    'max_connections',
    'a',
  );
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(inner, fc.jsonValue()));
  const world = { hosts: ['10.0.0.1', 'pg2'], local: {} };
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, value), async (config) => {
      const findings = await validateConfig({}, config as Config, world);
      for (const { message } of findings) expect(message).toMatch(/^[^\n]+$/);
    }),
    { numRuns: 60 },
  );
}, 30_000);
