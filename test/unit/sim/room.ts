import { Links } from '../../sim/links.ts';
import { Process } from '../../sim/process.ts';
import { Random } from '../../sim/random.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimStore } from '../../sim/store.ts';
import type { StoreSession } from '../../sim/store-session.ts';

/** A small world for tests of its parts: time, links, and a store with sessions to the point. */
export function room(seed = 1) {
  const scheduler = new Scheduler();
  const links = new Links(new Random(seed));
  const store = new SimStore({ scheduler, links, random: new Random(seed) });
  store.leases.lateBy = 0;
  const connect = (host: string, disk: { session?: string } = {}) => {
    const process = new Process(host);
    const memory = {
      load: () => disk.session,
      keep: (id: string) => {
        disk.session = id;
      },
    };
    return { process, disk, dcs: store.connect({ host, name: host, process, memory }) };
  };
  /** Lets so many milliseconds pass. */
  const pass = (ms: number) => scheduler.runUntil(scheduler.now + ms);
  /** Starts something, lets time pass, and says how it ended by then. */
  const within = async (ms: number, promise: Promise<unknown>): Promise<unknown> => {
    let end: unknown = 'nothing yet';
    promise.then(
      (value) => {
        end = value;
      },
      (error: unknown) => {
        end = error;
      },
    );
    await pass(ms);
    return end;
  };
  return { scheduler, links, store, connect, pass, within };
}

/** Takes the lock of a cluster without a sync document. */
export function take(dcs: StoreSession, ttl = 30): Promise<'held' | 'lost'> {
  return dcs.acquire({ ttl, sync: 'absent' });
}
