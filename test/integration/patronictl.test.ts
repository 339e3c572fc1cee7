import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pgherdProgram } from '../harness/agent-programs.ts';
import { waitFor } from '../harness/processes.ts';
import { type Output, runPatronictl } from '../harness/run.ts';
import { newestEtcd, patroni, postgresBinaries } from '../harness/servers.ts';
import type { LabHost } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';

// patronictl notices no difference: the commands of Patroni's own tool on a cluster of our agents.
describe('patronictl on a cluster of pgherd agents', () => {
  const lab = new Lab({
    program: pgherdProgram(),
    etcd: newestEtcd(),
    binaries: postgresBinaries(),
  });
  const ctl = async (...args: string[]): Promise<Output> => {
    const config = ['-c', lab.hosts[0]?.configFile ?? ''];
    const output = await runPatronictl(patroni('4.1'), [...config, ...args]);
    expect(output.code, `${args.join(' ')}: ${output.stdout}${output.stderr}`).toBe(0);
    return output;
  };
  const standby = async (): Promise<LabHost> => {
    const [first] = await lab.standbys();
    if (!first) throw new Error('There is no standby');
    return first;
  };

  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  it('list shows every member', async () => {
    const members = JSON.parse((await ctl('list', '-f', 'json')).stdout) as { Member: string }[];
    expect(members.map(({ Member }) => Member)).toEqual(['pg1', 'pg2', 'pg3']);
    expect(members.filter((one) => JSON.stringify(one).includes('streaming'))).toHaveLength(2);
  });

  it('topology, dsn, version, history and show-config answer', async () => {
    expect((await ctl('topology', 'lab')).stdout).toContain('+ pg2');
    expect((await ctl('dsn', 'lab')).stdout).toContain('port=5432');
    const version = await ctl('version', 'lab');
    for (const { name } of lab.hosts) expect(version.stdout).toContain(name);
    expect((await ctl('show-config', 'lab')).stdout).toContain('ttl: 20');
    await ctl('history', 'lab');
  });

  it('query runs on the leader', async () => {
    const { stdout } = await ctl(
      ...['query', 'lab', '-U', 'postgres', '-r', 'leader', '-d', 'postgres'],
      ...['-c', 'SELECT NOT pg_is_in_recovery()'],
    );
    expect(stdout).toMatch(/t|True/);
  });

  it('switchover moves the leader', async () => {
    const candidate = await standby();
    const { stdout } = await ctl('switchover', 'lab', '--candidate', candidate.name, '--force');
    expect(stdout).toContain(`Successfully switched over to "${candidate.name}"`);
    expect((await lab.leader()).name).toBe(candidate.name);
    await lab.settled();
  });

  it('a scheduled switchover is announced, and flushed', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const candidate = await standby();
    await ctl('switchover', 'lab', '--candidate', candidate.name, '--scheduled', at, '--force');
    expect((await ctl('list', 'lab')).stdout).toContain('Switchover scheduled at');
    expect((await ctl('flush', 'lab', 'switchover')).stdout).toContain('Success');
  });

  it('failover moves the leader', async () => {
    const candidate = await standby();
    const { stdout } = await ctl('failover', 'lab', '--candidate', candidate.name, '--force');
    expect(stdout).toContain(`Successfully failed over to "${candidate.name}"`);
    await lab.settled();
  });

  it('restart restarts a member, at once and scheduled', async () => {
    const member = await standby();
    const [before] = await member.sql('SELECT pg_postmaster_start_time()::text');
    expect((await ctl('restart', 'lab', member.name, '--force')).stdout).toContain('Success');
    const [after] = await member.sql('SELECT pg_postmaster_start_time()::text');
    expect(after).not.toEqual(before);
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = await ctl('restart', 'lab', member.name, '--scheduled', at, '--force');
    expect(scheduled.stdout).toContain('scheduled');
    expect((await ctl('flush', 'lab', 'restart', '--force')).stdout).toContain('Success');
  });

  it('reload reloads', async () => {
    expect((await ctl('reload', 'lab', '--force')).stdout).toMatch(/Reload request received/);
  });

  it('reinit makes the copy anew', async () => {
    const member = await standby();
    const before = member.dataInode;
    const { stdout } = await ctl('reinit', 'lab', member.name, '--force', '--wait');
    expect(stdout).toContain('Success: reinitialize for member');
    await waitFor('another data directory', async () => member.dataInode !== before);
    await lab.settled();
  });

  it('pause and resume', async () => {
    expect((await ctl('pause', 'lab', '--wait')).stdout).toContain(
      'Success: cluster management is paused',
    );
    expect((await ctl('list', 'lab')).stdout).toContain('Maintenance mode: on');
    expect((await ctl('resume', 'lab', '--wait')).stdout).toContain(
      'Success: cluster management is resumed',
    );
  });

  it('edit-config changes a parameter, and a restart puts it into force', async () => {
    await ctl('edit-config', 'lab', '-p', 'max_connections=60', '--force', '-q');
    await waitFor('the pending restart', async () => {
      return (await ctl('list', 'lab', '-e')).stdout.includes('max_connections: 50->60');
    });
    await ctl('restart', 'lab', '--pending', '--force');
    await lab.settled();
    const [row] = await (await lab.leader()).sql('SHOW max_connections');
    expect(row).toEqual(['60']);
  });

  it('edit-config changes a parameter that only takes a reload', async () => {
    await ctl('edit-config', 'lab', '-p', 'work_mem=7MB', '--force', '-q');
    for (const host of lab.hosts) {
      await waitFor(`work_mem on ${host.name}`, async () => {
        return (await host.sql('SHOW work_mem'))[0]?.[0] === '7MB';
      });
    }
  });
});
