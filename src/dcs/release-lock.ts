import { type Clock, systemClock } from '../system/clock.ts';
import { clusterPrefix } from '../wire/keys.ts';
import { Connection, type Opened } from './connection.ts';
import { keyAfter } from './etcd3/keys.ts';
import { type Asker, askerOver } from './etcd3/session/asker.ts';
import { Transactions } from './etcd3/session/transactions.ts';
import type { AgentStoreSettings } from './open-agent.ts';
import { etcdSettings } from './servers.ts';
import type { ReadFile } from './tls.ts';

export interface LockSearch {
  /** The store, and whose lock it is. */
  readonly settings: AgentStoreSettings;
  /** Of the session that it is bound to: what `SessionMemory` kept. */
  readonly session: string;
  /** How long each of the two calls may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly readFile: ReadFile;
  readonly warn: (text: string) => void;
}

/** The lock of a session, as it was when it was looked for. */
export interface FoundLock {
  /**
   * Gives it away, if it is still the same, and writes nothing else: however late it comes, a lock
   * that was taken since stays. Rejects with a `DcsError` when nobody knows whether it was done.
   */
  giveAway(): Promise<void>;
}

/**
 * Looks for the lock of this member in this session, and changes nothing. Undefined: the lock is
 * another's, or nobody's. Rejects with a `DcsError` when etcd does not answer, with a `Refusal`
 * when the settings are of no use.
 */
export async function findLock(search: LockSearch): Promise<FoundLock | undefined> {
  const { settings, timeoutMs: callTimeoutMs, readFile, warn } = search;
  const clock = systemClock;
  const http = { keepForWrites: true };
  const options = { clock, callTimeoutMs, readFile, warn, http };
  const connection = await Connection.to(etcdSettings(settings.store, []), options);
  const opened = await connection.open();
  return opened.api === 'v3'
    ? inSession(search, { asker: askerOver(async () => opened.link), clock })
    : underVersion(search, opened, clock);
}

async function inSession(
  { settings, session, timeoutMs }: LockSearch,
  { asker, clock }: { readonly asker: Asker; readonly clock: Clock },
): Promise<FoundLock | undefined> {
  const { namespace, scope, name } = settings;
  const prefix = clusterPrefix(namespace, scope);
  const key = Buffer.from(`${prefix}leader`);
  const deadline = (): number => clock.monotonic() + timeoutMs;
  const {
    kvs: [lock],
  } = await asker.ask(deadline(), (node, call) => node.range({ key, end: keyAfter(key) }, call));
  // While its TTL changes a session has two leases.
  const leases: readonly string[] = session.match(/\d+/g) ?? [];
  if (lock?.lease === undefined || !leases.includes(lock.lease)) return undefined;
  if (lock.value.toString() !== name) return undefined;
  const { lease, modRevision: version } = lock;
  const transaction = new Transactions({ prefix, name }).release({ lease, version }, undefined);
  return {
    async giveAway() {
      await asker.ask(deadline(), (node, call) => node.txn(transaction, call));
    },
  };
}

async function underVersion(
  { settings, session, timeoutMs }: LockSearch,
  { link }: Extract<Opened, { readonly api: 'v2' }>,
  clock: Clock,
): Promise<FoundLock | undefined> {
  const { Lock } = await import('./etcd2/lock.ts');
  const { ClusterKeys } = await import('./etcd2/keys.ts');
  const keys = new ClusterKeys(settings.namespace, settings.scope);
  const lock = new Lock(keys, settings.name, { load: () => session, keep: () => {} });
  const call = () => ({ link, deadline: clock.monotonic() + timeoutMs });
  if (!(await lock.find(call()))) return undefined;
  return { giveAway: () => lock.drop(call()) };
}
