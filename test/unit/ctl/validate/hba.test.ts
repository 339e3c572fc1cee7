import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHba, type HbaWorld } from '../../../../src/ctl/validate/hba.ts';
import { HbaError, type HbaRule, parseHbaLine } from '../../../../src/ctl/validate/hba-line.ts';

describe('parseHbaLine', () => {
  const rule = (line: string) => parseHbaLine(line) as HbaRule;

  it('reads fields, lists, quotes and comments', () => {
    const read = rule('host  all,"all", db2  +group,@file\t10.0.0.0/8 ident map="a b" # x');
    expect(read).toEqual({
      kind: 'rule',
      type: 'host',
      databases: [
        { text: 'all', quoted: false },
        { text: 'all', quoted: true },
        { text: 'db2', quoted: false },
      ],
      users: [
        { text: '+group', quoted: false },
        { text: '@file', quoted: false },
      ],
      address: { kind: 'net', ip: '10.0.0.0', bits: 8 },
      method: 'ident',
    });
  });

  it('reads every form of address', () => {
    const address = (text: string) => rule(`host all all ${text} trust`).address;
    expect(address('samenet')).toEqual({ kind: 'word', word: 'samenet' });
    expect(address('DB.Example.org')).toEqual({ kind: 'name', name: 'db.example.org' });
    expect(address('.example.org')).toEqual({ kind: 'name', name: '.example.org' });
    expect(address('::1/128')).toEqual({ kind: 'net', ip: '::1', bits: 128 });
    expect(address('10.0.0.0 255.0.0.0')).toEqual({
      kind: 'mask',
      ip: '10.0.0.0',
      mask: '255.0.0.0',
    });
  });

  it('reads short addresses as the C library does', () => {
    const net = (text: string) => rule(`host all all ${text} md5`).address;
    expect(net('0/0')).toEqual({ kind: 'net', ip: '0.0.0.0', bits: 0 });
    expect(net('10/8')).toEqual({ kind: 'net', ip: '0.0.0.10', bits: 8 });
    expect(net('10.1/16')).toEqual({ kind: 'net', ip: '10.0.0.1', bits: 16 });
    expect(net('0x0a000001/+32')).toEqual({ kind: 'net', ip: '10.0.0.1', bits: 32 });
    expect(net('010.0.0.1/32')).toEqual({ kind: 'net', ip: '8.0.0.1', bits: 32 });
    expect(net('127.1 255.0')).toEqual({ kind: 'mask', ip: '127.0.0.1', mask: '255.0.0.0' });
  });

  it.each([
    'hostssl all all all cert clientcert=verify-full map=m',
    'hostssl all all all md5 clientcert=verify-ca clientname=DN',
    'host all all all gss include_realm=0 krb_realm=EXAMPLE.COM map=m',
    'host all all all ldap ldapurl="ldap://l/dc=x?uid"',
    'host all all all ldap ldapserver=l ldapprefix="cn=" ldapsuffix=", dc=x"',
    'host all all all radius radiusservers="a,b" radiussecrets="s,t"',
    'host all all all pam pamservice=postgresql pam_use_hostname=1',
    'local all all peer map=m',
  ])('takes %s', (line) => {
    expect(rule(line).kind).toBe('rule');
  });

  it.each(['', '   ', '# nothing', '\t# host all all all trust'])('%j says nothing', (line) => {
    expect(parseHbaLine(line)).toBeUndefined();
  });

  it('knows include lines', () => {
    expect(parseHbaLine('include_dir "conf.d"')).toEqual({ kind: 'include' });
  });

  it.each([
    ['hots all all all md5', /"hots" is no connection type/],
    ['host', /ends before the database/],
    ['host all', /ends before the user/],
    ['host all all', /ends before the address/],
    ['host all all 10.0.0.1/32', /ends before the authentication method/],
    ['local all all', /ends before the authentication method/],
    ['host all all 10.0.0.1 md5', /10.0.0.1 needs a mask: write 10.0.0.1\/32/],
    ['host all all 10.0.0.1/33 md5', /the number behind the slash is wrong/],
    ['host all all 10.0.0.300/24 md5', /is no address/],
    ['host all all 10.0.0.300 md5', /is no address/],
    ['host all all ::1/129 md5', /the number behind the slash is wrong/],
    ['host all all db1/24 md5', /is no address/],
    ['host all all all md4', /"md4" is no authentication method/],
    ['host all all all peer', /peer works for local only/],
    ['host all all all cert', /cert works for hostssl only/],
    ['local all all gss', /gss does not work for local/],
    ['host all all all md5 maps', /is no option/],
    ['host all all all md5 color=red', /is no option/],
    ['host all all all scram-sha-256 map=m', /map works for ident, peer, gss, sspi, cert, oauth/],
    ['host all all all md5 clientcert=verify-ca', /clientcert works for hostssl only/],
    ['host all all all md5 include_realm=0', /include_realm works for gss, sspi only/],
    ['host all all all ldap ldapserver=l', /ldap needs ldapurl or ldapbasedn or/],
    ['host all all all radius radiusservers=r', /radius needs radiussecrets/],
    ['host "all all all md5', /a quote is not closed/],
    ['host,local all all all md5', /more than one connection type/],
  ])('refuses %s', (line, message) => {
    expect(() => parseHbaLine(line)).toThrow(message);
  });
});

it('reads or refuses any line', () => {
  const word = fc.constantFrom('host', 'local', 'all', 'replication', '10.0.0.0/8', '::1', 'md5');
  const other = fc.constantFrom(' ', ',', '"', '#', '/', '\t', '@', '\\', '255.0.0.0', 'a=b', 'é');
  fc.assert(
    fc.property(fc.array(fc.oneof(word, other, fc.constant(' '))), (parts) => {
      try {
        parseHbaLine(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(HbaError);
      }
    }),
    { numRuns: 2000 },
  );
});

const LOCAL = {
  authentication: {
    replication: { username: 'repl' },
    superuser: { username: 'postgres' },
    rewind: { username: 'rewinder' },
  },
};
const WORLD: HbaWorld = { hosts: ['10.0.0.1', '10.0.0.2'], local: LOCAL };

function found(lines: string[], world: HbaWorld = WORLD, more = {}): string[] {
  const config = { postgresql: { pg_hba: lines, ...more } };
  return checkHba(config, world).map(({ severity, message }) => `${severity}: ${message}`);
}

describe('checkHba', () => {
  const GOOD = ['local all all trust', 'host replication repl 10.0.0.0/24 md5'];

  it('has nothing to say about lines that let everybody in', () => {
    expect(found(GOOD)).toEqual([]);
    expect(found(['host all,replication all all md5'])).toEqual([]);
    expect(found(['local all all peer', 'host replication repl samenet md5'])).toEqual([]);
  });

  it('an empty list leaves the file alone', () => {
    expect(found([])).toEqual([]);
  });

  it('names the line that PostgreSQL would not take, and judges no further', () => {
    expect(found(['local all all trust', 'host all all nowhere'])).toEqual([
      'error: postgresql.pg_hba, line 2: it ends before the authentication method: ' +
        'host all all nowhere',
    ]);
  });

  it('finds a member that replication would be shut out from (P#2129)', () => {
    expect(found(['local all all trust', 'host replication repl 10.0.0.1/32 md5'])).toEqual([
      'error: postgresql.pg_hba would shut replication out from 10.0.0.2 (user repl): ' +
        'no line matches',
    ]);
  });

  it('"all" is no replication', () => {
    expect(found(['local all all trust', 'host all all all md5'])).toHaveLength(2);
  });

  it('another user does not count', () => {
    const lines = ['local all all trust', 'host replication standby 10.0.0.0/24 md5'];
    expect(found(lines)).toHaveLength(2);
  });

  it('the first line that matches decides', () => {
    const rejecting = ['local all all trust', 'host replication all 10.0.0.2/32 reject'];
    expect(found([...rejecting, 'host replication all all md5'])).toEqual([
      'error: postgresql.pg_hba would shut replication out from 10.0.0.2 (user repl): ' +
        'line 2 rejects it',
    ]);
    expect(found(['host replication all all md5', ...rejecting])).toEqual([]);
  });

  it('masks and IPv6 count like prefixes', () => {
    const world = { hosts: ['10.0.0.1', 'fe80::2'], local: LOCAL };
    const lines = ['local all all trust', 'host replication repl 10.0.0.0 255.255.255.0 md5'];
    expect(found(lines, world)).toHaveLength(1);
    expect(found([...lines, 'host replication repl fe80::/10 md5'], world)).toEqual([]);
    const hostOnly = 'host replication repl 10.0.0.1 255.255.255.255 md5';
    expect(found(['local all all trust', hostOnly])).toHaveLength(1);
  });

  it('does not cry wolf about what it cannot see', () => {
    for (const line of [
      'hostssl replication repl all md5',
      'host replication +replicators all md5',
      'host replication @users all md5',
      'include other.conf',
    ]) {
      expect(found(['local all all trust', line]), line).toEqual([]);
    }
    expect(
      found(['hostnossl all,replication all all reject', 'hostssl all,replication all all md5']),
    ).toEqual([]);
  });

  it('a host that is a name is at most a warning', () => {
    const world = { hosts: ['pg1', 'pg2'], local: LOCAL };
    expect(found(GOOD, world)).toEqual([
      'warning: postgresql.pg_hba: whether replication from pg1 gets in depends on the ' +
        'addresses of that name',
      'warning: postgresql.pg_hba: whether replication from pg2 gets in depends on the ' +
        'addresses of that name',
    ]);
    expect(found(['local all all trust', 'host replication repl 0.0.0.0/0 md5'], world)).toEqual(
      [],
    );
    expect(found(['local all all trust', 'host replication repl pg1 md5'], world)).toHaveLength(1);
  });

  it('says what it took for granted when the user is not known', () => {
    const world = { hosts: WORLD.hosts, local: {} };
    expect(found(GOOD, world)).toEqual([
      expect.stringMatching(/^note: the name of the replication user is not in the configuration/),
    ]);
    expect(found(['local all all trust'], world)).toContain(
      'error: postgresql.pg_hba would shut replication out from 10.0.0.2: no line matches',
    );
  });

  it('finds that the superuser would be shut out of its own server', () => {
    expect(found(['host replication all all md5', 'local all all reject'])).toEqual([
      'error: postgresql.pg_hba would shut the superuser postgres out of its own server: ' +
        'neither local nor 127.0.0.1 may connect to postgres',
    ]);
    expect(found(['host all,replication postgres,repl samehost md5', GOOD[1] ?? ''])).toEqual([]);
  });

  it('pg_rewind needs the database, when it is used', () => {
    expect(found(GOOD, WORLD, { use_pg_rewind: false })).toEqual([]);
    expect(found(GOOD, WORLD, { use_pg_rewind: 'on' })).toEqual([
      'error: postgresql.pg_hba would shut pg_rewind out from 10.0.0.1 (user rewinder): ' +
        'no line matches',
      'error: postgresql.pg_hba would shut pg_rewind out from 10.0.0.2 (user rewinder): ' +
        'no line matches',
    ]);
    const lines = [...GOOD, 'host postgres rewinder 10.0.0.0/8 md5'];
    expect(found(lines, WORLD, { use_pg_rewind: 'on' })).toEqual([]);
  });

  it('a cluster on one machine connects from its own host', () => {
    const world = { hosts: ['127.0.0.1', '127.0.0.1'], local: LOCAL };
    expect(found(['local all all trust', 'host replication repl samehost md5'], world)).toEqual([]);
    expect(found(['local all all trust'], world)).toHaveLength(1);
  });

  it('a member that is alone has nobody to let in', () => {
    expect(found(['local all all trust'], { hosts: ['10.0.0.1'], local: LOCAL })).toEqual([]);
  });

  it('judges the lists of the roles by what they are for', () => {
    const roles = {
      pg_hba_primary: GOOD,
      pg_hba_replica: ['local all all trust'],
      pg_hba_standby_leader: ['local all all trust'],
    };
    expect(found(['local all all trust'], WORLD, roles)).toEqual([]);
    const shut = { pg_hba_primary: ['local all all trust'] };
    expect(found(GOOD, WORLD, shut)).toHaveLength(2);
  });

  it('says that hba_file makes the list useless', () => {
    expect(found(GOOD, WORLD, { parameters: { hba_file: '/etc/hba' } })).toEqual([
      'warning: postgresql.pg_hba is ignored: hba_file is set',
    ]);
  });
});
