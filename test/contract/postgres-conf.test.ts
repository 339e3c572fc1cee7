import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsAbout } from '../../src/postgres/conf/judge.ts';
import { settingLine } from '../../src/postgres/conf/setting-text.ts';
import { followedMember } from '../../src/postgres/conf/standing.ts';
import { writePasswordFile } from '../../src/postgres/conf/write-configuration.ts';
import { programPath } from '../../src/postgres/programs.ts';
import { runProgram } from '../../src/postgres/run-program.ts';
import {
  becomeServerUser,
  newServer,
  newStandby,
  type TestServer,
  temporaryDirectory,
} from '../harness/postgres.ts';
import { waitFor } from '../harness/processes.ts';
import { removeNodes, TestNode } from './postgres-node.ts';

becomeServerUser();
afterAll(removeNodes);

/** What the file says without comments. */
function settingsOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the quotes of postgresql.conf', () => {
  it('are those that PostgreSQL reads', async () => {
    const server = await newServer();
    const { config } = server;
    const file = join(config.dataDir, 'quotes.conf');
    const value = fc.string({ unit: 'binary', minLength: 1 });
    const lineless = value.filter((text) => !/[\0\r\n]/.test(text) && text.trim() === text);
    await fc.assert(
      fc.asyncProperty(lineless, async (text) => {
        writeFileSync(file, `${settingLine('archive_command', text)}\n`);
        const { stdout } = await runProgram({
          path: programPath(config, 'postgres'),
          args: ['-D', config.dataDir, '-C', 'archive_command', `--config-file=${file}`],
        });
        expect(stdout.trim()).toBe(text);
      }),
      { numRuns: 25, examples: [["it's"], ['C:\\wal'], ["a\\'b''"], ['ä ☃ 𝄞'], ['# %p "%f"']] },
    );
    await server.destroy();
  });
});

describe('the password file', () => {
  it('is never open to others, whatever the umask', async () => {
    const directory = mkdtempSync(join(temporaryDirectory(), 'p'));
    const modes = new Set<number>();
    const look = (): void => {
      for (const name of readdirSync(directory)) {
        const mode = statSync(join(directory, name), { throwIfNoEntry: false })?.mode;
        if (mode !== undefined) modes.add(mode & 0o777);
      }
    };
    const watcher = watch(directory, look);
    const before = process.umask(0);
    try {
      for (let turn = 0; turn < 50; turn++) {
        const written = writePasswordFile(join(directory, 'pgpass'), `x:1:*:u:canary-${turn}\n`);
        look();
        await written;
        look();
      }
    } finally {
      process.umask(before);
      watcher.close();
    }
    expect([...modes]).toEqual([0o600]);
  });

  it('does not write through a link that somebody left', async () => {
    const directory = temporaryDirectory();
    const [victim, pgpass] = [join(directory, 'victim'), join(directory, 'pgpass')];
    writeFileSync(victim, 'precious');
    symlinkSync(victim, pgpass);
    symlinkSync(victim, `${pgpass}.pgherd-new`);
    await writePasswordFile(pgpass, 'x:1:*:u:canary\n');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(pgpass, 'utf8')).toBe('x:1:*:u:canary\n');
  });
});

describe('the configuration of a server that runs already', () => {
  let server: TestServer;
  let node: TestNode;
  const parameters = { work_mem: '8MB', archive_mode: 'on', 'my.own': "it's" };

  beforeAll(async () => {
    server = await newServer();
    await server.start({ max_connections: '30' });
    node = new TestNode(server.directory, {
      ...server.config,
      parameters: { ...server.config.parameters, ...parameters },
    });
  });
  afterAll(() => server.destroy());

  const fileTimes = (): Record<string, number> =>
    Object.fromEntries(
      readdirSync(node.config.dataDir)
        .filter((name) => name.endsWith('.conf'))
        .map((name) => [name, statSync(node.path(name)).mtimeMs]),
    );

  it('is taken over: the file of before is included, and what can be is in effect', async () => {
    const pid = server.pid;
    await node.context.configuration.apply();
    expect(node.read('postgresql.base.conf')).toContain('shared_buffers');
    expect(settingsOf(node.read('postgresql.conf'))[0]).toBe("include 'postgresql.base.conf'");
    expect(await node.value("SELECT current_setting('work_mem')")).toBe('8MB');
    expect(await node.value("SELECT current_setting('my.own')")).toBe("it's");
    expect(settingsOf(node.read('pg_hba.conf'))).toEqual(node.config.pgHba);
    expect(server.pid).toBe(pid);
    for (const name of ['postgresql.conf', 'pg_hba.conf', 'postgresql.base.conf']) {
      expect(statSync(node.path(name)).mode & 0o777).toBe(0o600);
    }
  });

  it('tells what waits for a restart', () => {
    expect(node.context.configuration.pendingRestart).toMatchObject({
      archive_mode: { oldValue: 'off', newValue: 'on' },
      max_connections: { oldValue: '30', newValue: '100' },
      wal_level: { oldValue: 'logical', newValue: 'replica' },
    });
    expect(node.context.configuration.pendingRestart).not.toHaveProperty('work_mem');
  });

  it('is not touched when nothing has changed', async () => {
    const before = fileTimes();
    const log = server.log();
    await node.context.configuration.apply();
    node.config = { ...node.config };
    await node.context.configuration.apply();
    expect(fileTimes()).toEqual(before);
    expect(server.log()).toBe(log);
  });

  it('is found again by the next agent, which touches nothing either', async () => {
    const next = new TestNode(server.directory, node.config);
    const before = fileTimes();
    await next.context.configuration.apply();
    expect(fileTimes()).toEqual(before);
    expect(next.context.configuration.pendingRestart).toHaveProperty('archive_mode');
    next.context.session.close();
  });

  it('loses what is no longer configured', async () => {
    node.config = server.config;
    await node.context.configuration.apply();
    expect(await node.value("SELECT current_setting('work_mem')")).toBe('4MB');
    expect(node.context.configuration.pendingRestart).not.toHaveProperty('archive_mode');
  });

  it('leaves out what this PostgreSQL does not take, and says so once', async () => {
    node.config = {
      ...server.config,
      parameters: {
        ...server.config.parameters,
        work_mem: '10kB',
        no_such_parameter: 'x',
        wal_compression: 'sideways',
        temp_buffers: '16MB',
        include: '/etc/passwd',
      },
    };
    node.lines.length = 0;
    await node.context.configuration.apply();
    expect(await node.value("SELECT current_setting('temp_buffers')")).toBe('16MB');
    expect(await node.value("SELECT current_setting('work_mem')")).toBe('64kB');
    expect(node.read('postgresql.conf')).not.toMatch(/no_such|sideways|passwd/);
    expect(node.lines).toHaveLength(4);
    await node.context.configuration.apply({ always: true });
    expect(node.lines).toHaveLength(4);
    const { dataDir } = node.config;
    const file = { places: node.config, dataDir, confFile: join(dataDir, 'postgresql.conf') };
    expect(await complaintsAbout(file)).toEqual([]);
    expect(readdirSync(dataDir).filter((name) => /draft|new/.test(name))).toEqual([]);
  });

  it('maps names of users where that is configured', async () => {
    expect(node.read('pg_ident.conf')).toContain('MAPNAME');
    node.config = { ...server.config, pgIdent: ['mymap root postgres'] };
    await node.context.configuration.apply();
    expect(node.read('pg_ident.conf')).toBe('mymap root postgres\n');
  });

  it('tells of a rule of access that PostgreSQL cannot read', async () => {
    node.config = { ...server.config, pgHba: [...(server.config.pgHba ?? []), 'host all all x y'] };
    node.lines.length = 0;
    await node.context.configuration.apply();
    expect(node.lines.join('\n')).toMatch(/pg_hba\.conf line 4: .*; the rules of before stay/);
    node.config = server.config;
    await node.context.configuration.apply();
  });

  it('sets synchronous standbys, and keeps them whatever is configured', async () => {
    const { configuration } = node.context;
    await configuration.setSyncNames('1 ("pg2")');
    expect(await node.value("SELECT current_setting('synchronous_standby_names')")).toBe(
      '1 ("pg2")',
    );
    node.config = {
      ...server.config,
      parameters: { ...server.config.parameters, synchronous_standby_names: '*' },
    };
    await configuration.apply();
    expect(node.read('postgresql.conf')).toContain(`synchronous_standby_names = '1 ("pg2")'`);
    const next = new TestNode(server.directory, node.config);
    await next.context.configuration.apply({ always: true });
    expect(node.read('postgresql.conf')).toContain(`synchronous_standby_names = '1 ("pg2")'`);
    next.context.session.close();
    await configuration.setSyncNames(undefined);
    expect(await node.value("SELECT current_setting('synchronous_standby_names')")).toBe('');
  });

  it('does not pretend that synchronous standbys are set where something else counts more', async () => {
    await node.sql("ALTER SYSTEM SET synchronous_standby_names = 'other'");
    const { configuration } = node.context;
    await expect(configuration.setSyncNames('1 ("pg2")')).rejects.toThrow('stays other');
    await node.sql('ALTER SYSTEM RESET synchronous_standby_names');
    await configuration.setSyncNames(undefined);
    await expect(configuration.setSyncNames('FIRST (')).rejects.toThrow('stays');
    expect(node.read('postgresql.conf')).not.toContain('FIRST');
  });

  it('cannot be told anything when it does not run', async () => {
    node.context.session.close();
    await server.stop();
    const { configuration } = node.context;
    await expect(configuration.setSyncNames('1 ("pg2")')).rejects.toThrow('does not run');
    await expect(configuration.follow(undefined)).rejects.toThrow('does not run');
    await configuration.apply();
  });
});

describe('a standby that runs', () => {
  let primary: TestServer;
  let other: TestServer;
  let standby: TestServer;
  let node: TestNode;

  beforeAll(async () => {
    primary = await newServer({ memberName: 'pg1' });
    await primary.start();
    other = await newStandby(primary, { memberName: 'pg2' });
    await other.start();
    standby = await newStandby(primary, { memberName: 'pg3', recoveryConf: { x: 'y' } });
    await standby.start();
    node = new TestNode(standby.directory, standby.config);
  });
  afterAll(async () => {
    node.context.session.close();
    await Promise.all([standby.destroy(), other.destroy(), primary.destroy()]);
  });

  const senders = (server: TestServer) =>
    server.query("SELECT 1 FROM pg_stat_replication WHERE application_name = 'pg3'");

  it('follows a source without a restart, with a password that is in no conninfo', async () => {
    const { configuration } = node.context;
    await configuration.follow({ name: 'pg1', connUrl: primary.connUrl });
    const before = await node.value('SELECT pg_postmaster_start_time()');
    const conninfo = String(await node.value("SELECT current_setting('primary_conninfo')"));
    expect(followedMember(conninfo, await configuration.upstream())).toBe('pg1');
    await waitFor('streaming from pg1', async () => (await senders(primary)).length === 1);
    await configuration.follow({ name: 'pg2', connUrl: other.connUrl });
    await waitFor('streaming from pg2', async () => (await senders(other)).length === 1);
    expect(await node.value('SELECT pg_postmaster_start_time()')).toBe(before);
    expect(followedMember(conninfo, await configuration.upstream())).toBe('');
    for (const name of readdirSync(node.config.dataDir).filter((each) => /conf/.test(each))) {
      expect(node.read(name), name).not.toContain('canary');
    }
    expect(readFileSync(node.config.pgpass, 'utf8')).toContain('canary-repl');
    expect(node.read('postgresql.auto.conf')).not.toContain('primary_conninfo');
  });

  it('goes on following when the configuration changes, and under the next agent', async () => {
    const next = new TestNode(standby.directory, {
      ...standby.config,
      parameters: { ...standby.config.parameters, work_mem: '9MB' },
    });
    const { configuration } = next.context;
    await configuration.apply();
    const conninfo = String(await next.value("SELECT current_setting('primary_conninfo')"));
    expect(followedMember(conninfo, await configuration.upstream())).toBe('pg2');
    expect(await next.value("SELECT current_setting('work_mem')")).toBe('9MB');
    next.context.session.close();
  });

  it('follows nobody when it is told so', async () => {
    await node.context.configuration.follow(undefined);
    expect(await node.value("SELECT current_setting('primary_conninfo')")).toBe('');
  });

  it('does not follow an address that makes no sense', async () => {
    const nowhere = { name: 'pg9', connUrl: 'postgres:///x?host=evil' };
    await expect(node.context.configuration.follow(nowhere)).rejects.toThrow('how to reach');
  });
});

describe('files elsewhere', () => {
  it('are written where the configuration is, and hba_file may be another', async () => {
    const directory = temporaryDirectory();
    const server = await newServer({ configDir: directory });
    const base = readFileSync(join(server.config.dataDir, 'postgresql.conf'), 'utf8');
    writeFileSync(join(directory, 'postgresql.conf'), base);
    rmSync(join(server.config.dataDir, 'postgresql.conf'));
    writeFileSync(join(directory, 'mine.conf'), 'local all all trust\n');
    const node = new TestNode(server.directory, {
      ...server.config,
      parameters: { ...server.config.parameters, hba_file: 'mine.conf' },
    });
    await node.do({ kind: 'start', as: 'primary', from: undefined });
    expect(await node.value("SELECT current_setting('hba_file')")).toBe(
      join(directory, 'mine.conf'),
    );
    expect(existsSync(join(directory, 'postgresql.base.conf'))).toBe(true);
    expect(existsSync(join(directory, 'pg_hba.conf'))).toBe(false);
    await node.stop();
    await server.destroy();
  });
});
