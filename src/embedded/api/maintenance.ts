import { REFUSED } from './refusal.ts';
import { ETCD_VERSION, type EtcdStore, SERVER_NAME } from './store.ts';

/** `KV/Compact`: forgets the history up to a revision. */
export function compact(store: EtcdStore, request: { readonly revision: string }) {
  const revision = Number(request.revision);
  if (revision > store.keys.revision) throw REFUSED.future();
  const { forgotten } = store.history;
  if (forgotten > 0 && revision <= forgotten + 1) throw REFUSED.compacted();
  // What was changed by the revision itself can still be read and watched.
  store.history.forget(revision - 1);
  return { header: store.header() };
}

/** `Cluster/MemberList`: one server. */
export function memberList(store: EtcdStore) {
  const { clientUrl } = store.origin;
  const member = { ID: store.memberId, name: SERVER_NAME, peerURLs: [], clientURLs: [clientUrl] };
  return { header: store.header(), members: [member] };
}

/** `Maintenance/Status`. */
export function status(store: EtcdStore) {
  const revision = String(store.keys.revision);
  return {
    header: store.header(),
    version: ETCD_VERSION,
    leader: store.memberId,
    raftTerm: '1',
    raftIndex: revision,
    raftAppliedIndex: revision,
  };
}

/** `Maintenance/Alarm`: there never is one. */
export function alarm(store: EtcdStore) {
  return { header: store.header(), alarms: [] };
}

/** `Auth/Authenticate`: nobody has to say who he is. */
export function authenticate(): never {
  throw REFUSED.noAuth();
}
