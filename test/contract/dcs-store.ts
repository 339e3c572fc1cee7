import { readFile } from 'node:fs/promises';
import type { EtcdSettings } from '../../src/config/settings.ts';
import type { Store } from '../../src/dcs/dcs.ts';
import { openStore } from '../../src/dcs/open.ts';

export interface OpenedStore extends Store {
  readonly warnings: string[];
}

/** Opens a store as the CLI does; its warnings are kept for the test to see. */
export async function open(
  hosts: readonly string[],
  options: Partial<EtcdSettings> & { callTimeoutMs?: number } = {},
): Promise<OpenedStore> {
  const { callTimeoutMs = 5000, ...settings } = options;
  const warnings: string[] = [];
  const store = await openStore(
    {
      namespace: '/service',
      store: {
        kind: 'etcd3',
        hosts,
        protocol: 'http',
        useProxies: false,
        tls: { insecure: false },
        ...settings,
      },
    },
    { callTimeoutMs, warn: (text) => warnings.push(text), readFile },
  );
  return { ...store, warnings };
}

/** Runs and tells how long it took, in milliseconds. */
export async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const started = performance.now();
  const result = await run();
  return { result, ms: performance.now() - started };
}

/** The error that a promise is rejected with; throws when it is not rejected. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { hint?: string }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('it should have failed, and did not');
}
