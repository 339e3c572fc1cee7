import type { AgentDcs } from '../../../src/dcs/agent-dcs.ts';
import { Links } from '../../sim/links.ts';
import { Process } from '../../sim/process.ts';
import { Random } from '../../sim/random.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimStore } from '../../sim/store.ts';
import { type Disk, NOTHING_YET, type Room } from './room.ts';

/** The store of the simulation. Its time passes only while somebody waits for something. */
export function simRoom(): Room {
  const scheduler = new Scheduler();
  const store = new SimStore({ scheduler, links: new Links(new Random(1)), random: new Random(1) });
  let waiting = 0;
  /** Lets time pass until the promise has settled; for several at a time only once. */
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    waiting += 1;
    const end = promise.finally(() => {
      waiting -= 1;
    });
    if (waiting === 1) while (waiting > 0) await scheduler.runUntil(scheduler.now + 1);
    return end;
  };
  const pass = (ms: number): Promise<void> =>
    settled(new Promise((resolve) => scheduler.after(ms, resolve)));
  return {
    async connect(name, disk: Disk = {}) {
      const memory = {
        load: () => disk.session,
        keep: (id: string) => {
          disk.session = id;
        },
      };
      const client = { host: name, name, process: new Process(name), memory };
      const dcs = store.connect(client);
      return {
        read: () => settled(dcs.read()),
        acquire: (request) => settled(dcs.acquire(request)),
        renew: (request) => settled(dcs.renew(request)),
        release: (status) => settled(dcs.release(status)),
        publish: (value, ttl) => settled(dcs.publish(value, ttl)),
        write: (request) => settled(dcs.write(request)),
        watch: (signal) => dcs.watch(signal),
        close: () => dcs.close(),
      } satisfies AgentDcs;
    },
    get: async (name) => store.get(name),
    put: async (name, value) => void store.put(name, value),
    pass,
    async within(ms, promise) {
      const end = promise.then(
        (value) => value,
        (error: unknown) => error,
      );
      const time = new Promise((resolve) => scheduler.after(ms, () => resolve(NOTHING_YET)));
      return settled(Promise.race([end, time]));
    },
    close: async () => {},
  };
}
