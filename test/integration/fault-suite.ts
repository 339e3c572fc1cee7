import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pgherdProgram } from '../harness/agent-programs.ts';
import { waitFor } from '../harness/processes.ts';
import { newestEtcd, postgresBinaries } from '../harness/servers.ts';
import { Lab } from '../lab/lab.ts';
import { FAULTS } from './faults.ts';
import { chosen } from './scope.ts';
import { post, restartStorm, switchoverStorm } from './storms.ts';
import { type Loss, underLoad } from './under-load.ts';

/** A mode of replication, and what may be lost in it. */
export interface FaultMode {
  readonly mode: 'off' | 'on';
  readonly loss: Loss;
  /** Default: the newest etcd that is here, and the newest PostgreSQL of Debian. */
  readonly etcd?: '3.4' | '3.5';
  readonly binaries?: string;
}

/** Everything that may befall a cluster, while clients write all the time and hold their sessions. */
export function faultSuite(world: FaultMode): void {
  const { mode, etcd = newestEtcd(), binaries = postgresBinaries() } = world;
  const postgres = /\/(\d+)\/bin$/.exec(binaries)?.[1] ?? 'of another version';
  describe(`synchronous_mode ${mode}, etcd ${etcd}, PostgreSQL ${postgres}`, () =>
    inWorld({ ...world, etcd, binaries }));
}

function inWorld({ mode, loss, etcd, binaries }: Required<FaultMode>): void {
  const lab = new Lab({
    program: pgherdProgram(),
    etcd,
    binaries,
    dcs: { synchronous_mode: mode === 'on' },
  });

  beforeAll(async () => {
    await lab.startAtOnce();
  });

  afterAll(() => lab.stop());

  it('three nodes that start at once make one cluster', async () => {
    const ids = await Promise.all(
      lab.hosts.map((host) => host.sql('SELECT system_identifier FROM pg_control_system()')),
    );
    expect(new Set(ids.map((rows) => String(rows[0]?.[0]))).size).toBe(1);
    const made = lab.hosts.filter((host) => /initialized a new cluster/.test(host.log()));
    expect(made).toHaveLength(1);
  });

  it.each(chosen(mode, FAULTS))('$name', async ({ befall, leader }) => {
    const { before, after } = await underLoad(lab, loss, befall);
    // Why it is another one is in the logs.
    const expected = leader === 'any' || (after === before) === (leader === 'same');
    const logs = expected ? '' : await lab.report();
    if (leader === 'same') expect(after, logs).toBe(before);
    if (leader === 'another') expect(after, logs).not.toBe(before);
  });

  it('switchovers, one after the other', async () => {
    await underLoad(lab, 'none', () => switchoverStorm(lab, chosenTimes(mode)));
  });

  it('restarts, one after the other', async () => {
    await underLoad(lab, 'none', () => restartStorm(lab, 1));
  });

  it('a new copy of a standby by order', async () => {
    await underLoad(lab, 'none', async ({ standbys: [standby], lab }) => {
      if (!standby) throw new Error('There is no standby');
      const before = standby.dataInode;
      await post(standby.restUrl, 'reinitialize', { force: true });
      await waitFor('another data directory', async () => standby.dataInode !== before);
      await lab.settled();
    });
  });

  it('a former primary that has diverged comes back by pg_rewind', async () => {
    const leader = await lab.leader();
    // With the agent its guard has to go: it would not let PostgreSQL run without a lease.
    leader.crash();
    await lab.otherLeader(leader);
    leader.powerOn();
    // A commit that nobody else has, on a timeline that is over.
    await leader.writeAlone('CREATE TABLE split_brain ()');
    leader.start();
    await lab.settled();
    const [row] = await leader.sql("SELECT to_regclass('split_brain')");
    expect(row).toEqual([null]);
    expect(leader.log()).toContain('running pg_rewind');
  });
}

function chosenTimes(mode: string): number {
  return chosen(mode, FAULTS).length === FAULTS.length ? 6 : 2;
}
