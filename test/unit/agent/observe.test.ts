import { describe, expect, it } from 'vitest';
import { Observer } from '../../../src/agent/observe.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { FakeWorld } from './fakes.ts';

const CONFIG = { name: 'config', value: '{"ttl":20}', version: '1' } as const;

describe('looking at the store', () => {
  it('parses only what has changed', async () => {
    const world = new FakeWorld();
    world.documents = [CONFIG];
    const observer = new Observer(world.ports);
    const first = await observer.look();
    world.documents = [{ ...CONFIG }];
    const second = await observer.look();
    expect(second.dcs?.view).toBe(first.dcs?.view);
  });

  it.each([
    ['version', { ...CONFIG, version: '2' }],
    ['value, with a version that a restored store gave again', { ...CONFIG, value: '{"ttl":25}' }],
    ['name', { ...CONFIG, name: 'leader' as const }],
  ])('sees another %s', async (_, document) => {
    const world = new FakeWorld();
    world.documents = [CONFIG];
    const observer = new Observer(world.ports);
    const first = await observer.look();
    world.documents = [document];
    expect((await observer.look()).dcs?.view).not.toBe(first.dcs?.view);
  });

  it('goes by the defaults until there is a configuration, and keeps the last one', async () => {
    const world = new FakeWorld();
    const observer = new Observer(world.ports);
    await observer.look();
    expect(observer.settings.ttl).toBe(30);
    world.documents = [CONFIG];
    await observer.look();
    world.documents = [];
    await observer.look();
    expect(observer.settings.ttl).toBe(20);
    world.dcs.read = () => Promise.reject(new DcsError('down'));
    await observer.look();
    expect(observer.settings.ttl).toBe(20);
    expect(observer.view).toBeDefined();
  });

  it('and at PostgreSQL happens at the same time', async () => {
    const world = new FakeWorld();
    const order: string[] = [];
    const { read } = world.dcs;
    world.dcs.read = async () => {
      order.push('read');
      await Promise.resolve();
      order.push('read done');
      return read();
    };
    world.ports.server.observe = async () => {
      order.push('observe');
      return world.postgres;
    };
    await new Observer(world.ports).look();
    expect(order.slice(0, 2)).toEqual(['read', 'observe']);
  });
});

describe('what the agent before knew', () => {
  const LEADER = { name: 'leader', value: 'pg1', version: '1' } as const;
  const SYSTEM = { name: 'initialize', value: '7000000000000000001', version: '1' } as const;

  it('is where the next one begins: a wiped store is then not taken for a new cluster', async () => {
    const world = new FakeWorld();
    world.documents = [CONFIG, LEADER, SYSTEM];
    const first = new Observer(world.ports);
    await first.look();
    first.keep();
    const next = new Observer(world.ports);
    expect(next.settings.ttl).toBe(20);
    expect(next.recollected()).toMatchObject({
      healthyView: { leader: 'pg1' },
      systemId: '7000000000000000001',
    });
  });

  it('is kept only of a cluster that somebody leads, and when something lasting has changed', async () => {
    const world = new FakeWorld();
    const observer = new Observer(world.ports);
    world.documents = [CONFIG];
    await observer.look();
    observer.keep();
    expect(world.known).toBeUndefined();
    world.documents = [CONFIG, LEADER];
    await observer.look();
    observer.keep();
    const { known } = world;
    const status = { name: 'status', value: '{"optime":1}', version: '9' } as const;
    world.documents = [CONFIG, LEADER, status];
    await observer.look();
    observer.keep();
    expect(world.known).toBe(known);
    world.documents = [{ ...CONFIG, version: '2' }, LEADER, status];
    await observer.look();
    observer.keep();
    expect(world.known).not.toBe(known);
  });
});
