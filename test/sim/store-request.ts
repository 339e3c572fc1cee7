import { DcsError } from '../../src/model/errors.ts';
import type { Process } from './process.ts';
import type { SimStore } from './store.ts';

/** Milliseconds that a client waits for an answer. */
export const TIMEOUT = 5000;

/** Who asks, and from where. */
export interface Requester {
  readonly host: string;
  readonly process: Process;
}

/**
 * One request and its reply: `apply` is done in one moment at the store, if the request arrives, be
 * it after the client has given up. Without a reply: `DcsError` after the time-out.
 */
export function ask<T>(store: SimStore, { host, process }: Requester, apply: () => T): Promise<T> {
  const { scheduler, weather } = store;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new DcsError('the store did not answer'));
    const end = scheduler.after(TIMEOUT, giveUp, process);
    const answer = (finish: () => void): void => {
      const back = weather.reply(host);
      if (back === undefined) return;
      const settle = (): void => {
        end.cancel();
        finish();
      };
      scheduler.after(back, settle, process);
    };
    const arrive = (): void => {
      if (store.outage === 'silent') return;
      if (store.outage === 'refusing') {
        answer(() => reject(new DcsError('the store refused the connection')));
        return;
      }
      const result = apply();
      answer(() => resolve(result));
    };
    const there = weather.request(host);
    if (there !== undefined) scheduler.after(there, arrive);
  });
}
