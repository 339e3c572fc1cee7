import type { LeaseGrantRequest, LeaseRequest, TimeToLiveRequest } from './messages.ts';
import { REFUSED } from './refusal.ts';
import type { EtcdStore } from './store.ts';

/** Seconds: etcd's limit. */
const LONGEST_TTL = 9_000_000_000;

/** `Lease/LeaseGrant`: `TTL` as it is asked for, but no shorter than a second. */
export function leaseGrant(store: EtcdStore, { ID, TTL }: LeaseGrantRequest) {
  const ttl = Math.max(1, Number(TTL));
  if (ttl > LONGEST_TTL) throw REFUSED.leaseTooLong();
  const id = ID === '0' ? store.origin.newId() : ID;
  if (!store.leases.grant(id, ttl, store.origin.now())) throw REFUSED.leaseExists();
  return { header: store.header(), ID: id, TTL: String(ttl) };
}

/** `Lease/LeaseRevoke`: its keys go with it. */
export function leaseRevoke(store: EtcdStore, { ID }: LeaseRequest) {
  if (!store.endLease(ID)) throw REFUSED.leaseNotFound();
  return { header: store.header() };
}

/** One message of `Lease/LeaseKeepAlive`: of a lease that is not there the TTL is 0. */
export function leaseKeepAlive(store: EtcdStore, { ID }: LeaseRequest) {
  const ttl = store.leases.keepAlive(ID, store.origin.now()) ?? 0;
  return { header: store.header(), ID, TTL: String(ttl) };
}

/** `Lease/LeaseTimeToLive`: of a lease that is not there the TTL is -1. */
export function leaseTimeToLive(store: EtcdStore, { ID, keys }: TimeToLiveRequest) {
  const end = store.leases.endOf(ID);
  if (end === undefined) return { header: store.header(), ID, TTL: '-1' };
  return {
    header: store.header(),
    ID,
    TTL: String(Math.floor((end - store.origin.now()) / 1000)),
    grantedTTL: String(store.leases.ttlOf(ID)),
    keys: keys ? store.keysOf(ID).map((key) => Buffer.from(key, 'latin1')) : [],
  };
}

/** `Lease/LeaseLeases`. */
export function leaseLeases(store: EtcdStore) {
  return { header: store.header(), leases: store.leases.ids().map((ID) => ({ ID })) };
}
