import { describe, expect, it } from 'vitest';
import { restBackend } from '../../../src/daemon/rest-backend.ts';
import { NODE } from '../ha/facts-of.ts';
import { FakeBackend, statusOf } from '../rest/server/fake-backend.ts';

describe('restBackend', () => {
  const made = (agentLog: { queueSize: number; recordsLost: number }) => {
    const fake = new FakeBackend();
    const agent = {
      state: () => fake.current,
      freshStatus: () => Promise.resolve(statusOf()),
      order: () => Promise.reject(new Error('nobody orders')),
      receiveFailsafe: () => false,
      rouse: () => {},
      nextTick: () => Promise.resolve(),
    };
    return { fake, backend: restBackend({ ...fake, agent, node: () => NODE, agentLog }) };
  };

  it('says nothing of a log that is written as it should be, and changes nothing', async () => {
    const { fake, backend } = made({ queueSize: 2, recordsLost: 0 });
    expect(backend.state()).toBe(fake.current);
    expect(await backend.freshStatus()).toEqual(statusOf());
  });

  it('says how many lines wait for a log that is not, and how many are lost', async () => {
    const { backend } = made({ queueSize: 1000, recordsLost: 7 });
    const logQueue = { size: 1000, lost: 7 };
    expect(backend.state().status).toMatchObject({ logQueue });
    expect(await backend.freshStatus()).toMatchObject({ logQueue });
  });
});
