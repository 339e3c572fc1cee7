import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { becomeServerUser } from '../harness/postgres.ts';
import { newNode, START_PRIMARY, STOP, type TestNode } from './postgres-node.ts';

becomeServerUser();

describe('the life of a cluster', () => {
  let pg1: TestNode;
  let pg2: TestNode;

  beforeAll(async () => {
    pg1 = await newNode('pg1');
    pg2 = await newNode('pg2');
  });
  afterAll(async () => {
    await pg2.stop();
    await pg1.stop();
  });

  it('is bootstrapped, and left stopped and unfinished', async () => {
    await pg1.do({ kind: 'bootstrap' });
    expect(await pg1.runs()).toBe(false);
    expect(pg1.context.markers.has('bootstrapping')).toBe(true);
    expect((await pg1.control()).state).toBe('shut down');
    await pg1.context.markers.clear('bootstrapping');
  });

  it('is started as a primary', async () => {
    await pg1.do(START_PRIMARY);
    expect(await pg1.value('SELECT pg_is_in_recovery()')).toBe(false);
  });

  it('is copied and followed', async () => {
    await pg2.do({ kind: 'clone', from: pg1.source() });
    await pg2.do({ kind: 'start', as: 'standby', from: pg1.source() });
    expect(await pg2.value('SELECT pg_is_in_recovery()')).toBe(true);
  });

  it('is stopped', async () => {
    await pg1.do({ ...STOP, checkpoint: true });
    expect((await pg1.control()).state).toBe('shut down');
  });

  it('is promoted', async () => {
    await pg2.do({ kind: 'promote', above: 1 });
    expect(await pg2.value('SELECT pg_is_in_recovery()')).toBe(false);
  });
});
