import { describe, expect, it } from 'vitest';
import { AUTHENTICATION, liveCluster } from './fixture.ts';
import { expectDone, expectFailed, shown } from './live.ts';

const { cluster, document, etcdUrl, file, pgherd, roles } = liveCluster();

describe('switchover and failover', () => {
  it('switchover --dry-run changes nothing', async () => {
    const { leader, replicas } = await roles();
    await expectDone(pgherd, `switchover demo --candidate ${replicas[0]} --dry-run`);
    expect(await document('failover')).toBeUndefined();
    expect(await cluster().leader()).toBe(leader);
  });

  it('switchover --scheduled is announced, and flush switchover takes it back', async () => {
    const { leader, replicas } = await roles();
    const at = '2036-01-02T03:04:05+00:00';
    await expectDone(
      pgherd,
      `switchover demo --leader ${leader} --candidate ${replicas[0]} --scheduled ${at} --force`,
    );
    expect((await cluster().patronictl(['list'])).stdout).toContain(
      `Switchover scheduled at: ${at}`,
    );
    await expectDone(pgherd, 'flush demo switchover --force');
    expect((await cluster().patronictl(['list'])).stdout).not.toContain('Switchover scheduled');
  });

  it.each(['nobody', 'LEADER'])('switchover to %s is refused', async (candidate) => {
    const { leader } = await roles();
    const name = candidate === 'LEADER' ? leader : candidate;
    await expectFailed(pgherd, `switchover demo --candidate ${name} --force`);
    expect(await cluster().leader()).toBe(leader);
  });

  it('switchover with a wrong --leader is refused', async () => {
    const { leader, replicas } = await roles();
    await expectFailed(pgherd, `switchover demo --leader ${replicas[0]} --force`);
    expect(await cluster().leader()).toBe(leader);
  });

  it('switchover without a terminal and without --force is refused at once', async () => {
    const { code, error } = await pgherd.json('switchover demo');
    expect(code).not.toBe(0);
    expect(error?.hint ?? error?.message).toMatch(/--/);
  });

  it('switchover with a wrong password fails and says what to set', async () => {
    const { leader } = await roles();
    const etcd3 = { hosts: new URL(etcdUrl()).host };
    const ctl = { authentication: { ...AUTHENTICATION, password: 'wrong' } };
    const configFile = file('wrong.yml', JSON.stringify({ scope: 'demo', etcd3, ctl }));
    const { code, error } = await pgherd.json('switchover demo --force', { configFile });
    expect(code).toBe(1);
    expect(error?.hint).toContain('ctl.authentication');
    expect(await cluster().leader()).toBe(leader);
  });

  it('failover moves the leader to the candidate', async () => {
    const { replicas } = await roles();
    await expectDone(pgherd, `failover demo --candidate ${replicas[1]} --force`);
    expect((await shown(cluster())).get(replicas[1] ?? '')?.Role).toBe('Leader');
  });

  it('a leader that does not answer makes the outcome unknown or failed, never done', async () => {
    const { leader, replicas } = await roles();
    cluster().member(leader).freeze();
    const started = performance.now();
    const { code } = await pgherd.json(
      `switchover demo --candidate ${replicas[0]} --force --timeout 5`,
    );
    expect([1, 3]).toContain(code);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
