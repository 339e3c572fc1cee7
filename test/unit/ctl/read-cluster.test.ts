import { expect, it } from 'vitest';
import { readCluster } from '../../../src/ctl/read-cluster.ts';
import type { Document } from '../../../src/dcs/dcs.ts';
import { fakeSession } from './fake-session.ts';

it.each([
  [[{}], 'demo has no groups: leave --group out'],
  [[{ group: 0 }, { group: 2 }, { group: 2 }], 'the groups of demo are 0, 2'],
])('says of a Citus group that is not there which ones are: %j', async (places, hint) => {
  const documents = places.map(
    (place): Document => ({ ...place, name: 'config', value: '{}', version: '1' }),
  );
  const empty = fakeSession();
  const store = { ...(await empty.store()), readAll: async () => new Map([['demo', documents]]) };
  const session = { ...empty, store: async () => store };
  await expect(readCluster(session, 'demo', 7)).rejects.toMatchObject({
    code: 'unknown-group',
    message: 'There is no group 7 of cluster "demo" in the DCS',
    hint,
  });
});
