import { describe, expect, it } from 'vitest';
import { liveCluster } from './fixture.ts';
import { expectDone, expectFailed, shown, startTimes, until } from './live.ts';

const { cluster, document, file, pgherd, roles } = liveCluster();

describe('restart, reload, reinit', () => {
  it('restart of all restarts the leader last', async () => {
    const { leader } = await roles();
    const before = await startTimes(cluster());
    await expectDone(pgherd, 'restart demo --force');
    const after = await startTimes(cluster());
    for (const [name, at] of after) expect(at).toBeGreaterThan(before.get(name) ?? 0);
    expect(Math.max(...after.values())).toBe(after.get(leader));
    expect(await cluster().leader()).toBe(leader);
  });

  it('restart --role replica leaves the leader alone', async () => {
    const { leader } = await roles();
    const before = await startTimes(cluster());
    await expectDone(pgherd, 'restart demo --role replica --force');
    const after = await startTimes(cluster());
    const same = [...after].filter(([name, at]) => before.get(name) === at).map(([name]) => name);
    expect(same).toEqual([leader]);
  });

  it('restart --any restarts one', async () => {
    const before = await startTimes(cluster());
    await expectDone(pgherd, 'restart demo --any --force');
    const after = await startTimes(cluster());
    expect([...after].filter(([name, at]) => before.get(name) !== at)).toHaveLength(1);
  });

  it('restart --scheduled is announced, and flush restart takes it back', async () => {
    const { replicas } = await roles();
    const at = '2036-01-02T03:04:05+00:00';
    await expectDone(pgherd, `restart demo ${replicas[0]} --scheduled ${at} --force`);
    await until(cluster(), 'the schedule', (view) => view.some((each) => each.scheduled_restart));
    expect((await shown(cluster())).get(replicas[0] ?? '')?.['Scheduled restart']).toBe(at);
    await expectDone(pgherd, 'flush demo restart --force');
    await until(cluster(), 'no schedule', (view) => !view.some((each) => each.scheduled_restart));
  });

  it.each(['restart', 'reload', 'reinit'])(
    '%s of a member that is not there fails',
    async (verb) => {
      const { replicas } = await roles();
      const before = await startTimes(cluster());
      const { error } = await expectFailed(pgherd, `${verb} demo ${replicas[0]} pg33 --force`);
      expect(error?.message).toContain('pg33');
      expect(await startTimes(cluster())).toEqual(before);
    },
  );

  it('reinit of the leader is refused', async () => {
    const { leader } = await roles();
    await expectFailed(pgherd, `reinit demo ${leader} --force`);
  });

  it('reinit --from-leader --wait ends when the member streams', async () => {
    const { replicas } = await roles();
    await expectDone(pgherd, `reinit demo ${replicas[0]} --from-leader --wait --force`);
    expect((await shown(cluster())).get(replicas[0] ?? '')?.State).toBe('streaming');
  });

  it('reload reloads all', async () => {
    await expectDone(pgherd, 'reload demo --force');
  });
});

describe('configuration', () => {
  it('show-config shows what the cluster has', async () => {
    const { data } = await expectDone(pgherd, 'show-config demo');
    expect(data.config).toEqual(JSON.parse((await document('config')) ?? ''));
  });

  it('edit-config --set, --apply and --replace write what they say', async () => {
    await expectDone(pgherd, 'edit-config demo -s maximum_lag_on_failover=2097152 --force');
    expect(JSON.parse((await document('config')) ?? '')).toMatchObject({
      maximum_lag_on_failover: 2097152,
    });
    await expectDone(pgherd, 'edit-config demo --apply - --force', {
      stdin: 'postgresql:\n  parameters:\n    work_mem: 5MB\n',
    });
    const changed = JSON.parse((await document('config')) ?? '');
    expect(changed.postgresql.parameters.work_mem).toBe('5MB');
    delete changed.postgresql.parameters.work_mem;
    const path = file('config.yml', JSON.stringify(changed));
    await expectDone(pgherd, `edit-config demo --replace ${path} --force`);
    expect(JSON.parse((await document('config')) ?? '')).toEqual(changed);
  });

  it.each(['-s loop_wait=zero', '-s ttl=5', '-p max_connections=500ABC', '-s loop_wiat=5'])(
    'edit-config %s is refused and writes nothing',
    async (change) => {
      const before = await document('config');
      await expectFailed(pgherd, `edit-config demo ${change} --force`);
      expect(await document('config')).toBe(before);
    },
  );

  it('pause twice, and resume twice: the second is refused', async () => {
    await expectDone(pgherd, 'pause demo --wait');
    await expectFailed(pgherd, 'pause demo');
    await expectDone(pgherd, 'resume demo --wait');
    await expectFailed(pgherd, 'resume demo');
  });
});
