import { expect, type TestContext } from 'vitest';
import type { AgentDcs } from '../../../src/dcs/agent-dcs.ts';
import type { AgentStore } from '../../../src/dcs/open-agent.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { type EtcdOptions, type RunningEtcd, startEtcd } from '../../harness/etcd.ts';
import { type FlakyProxy, startFlakyProxy } from '../../harness/flaky-proxy.ts';
import { type AgentOptions, openAgent } from './etcd-room.ts';

/** What a test opens, it closes at its end. */
export type Test = Pick<TestContext, 'onTestFinished'>;

/** An agent on a real etcd; `pg1` when it has no other name. */
export async function agentOn(
  t: Test,
  hosts: readonly string[],
  options: AgentOptions & { name?: string } = {},
): Promise<AgentStore> {
  const agent = await openAgent(hosts, options.name ?? 'pg1', options);
  t.onTestFinished(() => agent.close());
  return agent;
}

/** An etcd for one test. */
export async function startFor(t: Test, options: EtcdOptions): Promise<RunningEtcd> {
  const etcd = await startEtcd(options);
  t.onTestFinished(() => etcd.stop());
  return etcd;
}

/** A proxy that can be made to misbehave, in front of the first server. */
export async function proxyTo(t: Test, etcd: RunningEtcd): Promise<FlakyProxy> {
  const proxy = await startFlakyProxy(etcd.hosts[0] ?? '');
  t.onTestFinished(() => proxy.stop());
  return proxy;
}

/** Watches as the agent does, and counts how often there was news. */
export function follow(t: Test, dcs: AgentDcs) {
  const abort = new AbortController();
  const state = { news: 0, errors: 0, running: true };
  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        await dcs.watch(abort.signal);
        if (!abort.signal.aborted) state.news += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(DcsError);
        state.errors += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    state.running = false;
  };
  const end = run();
  t.onTestFinished(() => {
    abort.abort();
    return end;
  });
  return state;
}
