import { expect, it } from 'vitest';
import { lookAgain } from '../../../../src/ctl/top/looker.ts';
import { RestError } from '../../../../src/rest/member-api.ts';
import { demoDocuments, memberDocument } from '../documents.ts';
import { fakeSession } from '../fake-session.ts';
import { lookOf, viewOf } from './looks.ts';

const TARGET = { scope: 'demo', group: undefined, everyMs: 1000 };
/** Lets all that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('many silent members do not keep out the others', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `m${index + 10}`);
  const members = Object.fromEntries(
    names.map((name) => [`members/${name}`, memberDocument(name)]),
  );
  const give: (() => void)[] = [];
  const session = fakeSession({
    documents: demoDocuments(members),
    rest: (name) =>
      new Promise((_, reject) =>
        give.push(() => reject(new RestError('timeout', `${name} hangs`))),
      ),
  });
  const first = lookOf(viewOf(members));
  const looker = lookAgain(session, TARGET, { first, news: () => {} });
  for (let interval = 0; interval < 2; interval++) {
    looker.tick();
    await settle();
    expect(give.length).toBeLessThanOrEqual(32);
    for (const one of give.splice(0)) one();
    await settle();
    await session.clock.sleep(TARGET.everyMs);
  }
  expect(new Set(session.calls.map(({ member }) => member)).size).toBe(43);
  expect(looker.take()?.heard.size).toBe(43);
});

it('nothing is asked twice in an interval, or while it is still going on', async () => {
  const session = fakeSession({ documents: demoDocuments(), rest: () => new Promise(() => {}) });
  const reads: number[] = [];
  const { dcs } = session;
  session.dcs = (...args) => {
    reads.push(session.clock.monotonic());
    return dcs(...args);
  };
  const looker = lookAgain(session, TARGET, { first: lookOf(), news: () => {} });
  for (let count = 0; count < 30; count++) {
    looker.tick();
    await settle();
    await session.clock.sleep(100);
  }
  expect(reads).toEqual([0, 1000, 2000]);
  expect(session.calls).toHaveLength(3);
});

it('there is something to take once for each news', async () => {
  let news = 0;
  const session = fakeSession({
    documents: demoDocuments(),
    rest: (name) => {
      throw new RestError('refused', `${name} refuses`);
    },
  });
  const looker = lookAgain(session, TARGET, { first: lookOf(), news: () => void news++ });
  expect(looker.take()).toBeUndefined();
  looker.tick();
  await settle();
  expect(news).toBe(4);
  expect(looker.take()).toMatchObject({ failure: undefined, readMs: 0 });
  expect(looker.take()).toBeUndefined();
});
