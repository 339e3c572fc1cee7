import { describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../../src/model/node-status.ts';
import { type PeerAgent, SimPeers } from '../../sim/peers.ts';
import { Process } from '../../sim/process.ts';
import { room } from './room.ts';

const PG2 = { name: 'pg2', apiUrl: 'http://pg2:8008/patroni' };
const MESSAGE = { name: 'pg1', connUrl: '', apiUrl: '', slots: {} };

/** pg1 asks pg2, whose agent tells the time at which it was asked. */
function pair() {
  const { scheduler, links, within, pass } = room();
  const heard: number[] = [];
  const program: PeerAgent = {
    freshStatus: () => {
      heard.push(scheduler.now);
      // What this test needs of a status.
      return Promise.resolve({ name: 'pg2' } as NodeStatus);
    },
    receiveFailsafe: ({ name }) => {
      heard.push(scheduler.now);
      return name === 'pg1';
    },
  };
  const agent = new Process('pg2');
  const host = { name: 'pg2', powered: true, agent, program: program as PeerAgent | undefined };
  const hostAt = (place: string) => (place === 'pg2' ? host : undefined);
  const asker = new Process('pg1');
  const peers = new SimPeers({ scheduler, links, hostAt }, { host: 'pg1', process: asker });
  return { links, within, pass, host, agent, asker, peers, heard };
}

describe('SimPeers', () => {
  it('brings the answer of the agent there', async () => {
    const { peers, within } = pair();
    expect(await within(20, peers.status(PG2))).toEqual({ ok: true, status: { name: 'pg2' } });
    expect(await within(20, peers.failsafe(PG2, MESSAGE))).toBe(true);
    expect(await within(20, peers.failsafe(PG2, { ...MESSAGE, name: 'x' }))).toBe(false);
  });

  it.each([
    ['there', 'pg1', 'pg2', 0],
    ['back', 'pg2', 'pg1', 1],
  ] as const)('gives up after two seconds when the way %s is cut', async (_, from, to, asked) => {
    const { peers, links, within, heard } = pair();
    links.cut(from, to);
    expect(await within(1_999, peers.status(PG2))).toBe('nothing yet');
    expect(await within(2_001, peers.status(PG2))).toEqual({ ok: false, failure: 'timed out' });
    expect(await within(2_001, peers.failsafe(PG2, MESSAGE))).toBe(false);
    expect(heard).toHaveLength(3 * asked);
  });

  it('is refused at once by a host without an agent, and hears nothing of one without power', async () => {
    const { peers, host, agent, within } = pair();
    agent.kill();
    const refused = { ok: false, failure: 'connection refused' };
    expect(await within(20, peers.status(PG2))).toEqual(refused);
    host.powered = false;
    expect(await within(20, peers.status(PG2))).toBe('nothing yet');
    expect(await within(20, peers.status({ ...PG2, apiUrl: 'http://pg9:1/' }))).toBe('nothing yet');
  });

  it('a frozen agent takes the request when it thaws, too late for the asker', async () => {
    const { peers, agent, within, pass, heard } = pair();
    agent.freeze();
    expect(await within(3_000, peers.failsafe(PG2, MESSAGE))).toBe(false);
    expect(heard).toEqual([]);
    agent.thaw();
    await pass(1);
    expect(heard).toEqual([3_000]);
  });

  it('an error there is no answer', async () => {
    const { peers, host, within } = pair();
    host.program = {
      freshStatus: () => Promise.reject(new Error('broken')),
      receiveFailsafe: () => {
        throw new Error('broken');
      },
    };
    expect(await within(20, peers.status(PG2))).toMatchObject({ ok: false });
    expect(await within(20, peers.failsafe(PG2, MESSAGE))).toBe(false);
  });

  it('a frozen asker hears nothing until it thaws', async () => {
    const { peers, asker, within } = pair();
    const answer = peers.status(PG2);
    asker.freeze();
    expect(await within(10_000, answer)).toBe('nothing yet');
    asker.thaw();
    expect(await within(1, answer)).toMatchObject({ ok: true });
  });
});
