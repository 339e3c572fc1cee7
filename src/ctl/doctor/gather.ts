import { readWatchdog } from '../../config/agent/watchdog.ts';
import type { ClusterView } from '../../model/cluster.ts';
import { isRecord, type Json } from '../../model/json.ts';
import type { Session } from '../session.ts';
import { checkConfig } from '../validate/validate.ts';
import type { DoctorFacts, LocalSight, StoreSight } from './facts.ts';
import { gatherMembers } from './gather-members.ts';
import type { DoctorWorld } from './world.ts';

type JsonMap = Readonly<Record<string, Json>>;

/** How long a server of etcd may take to answer, in milliseconds. */
const STORE_PATIENCE_MS = 3000;

/** Looks at everything that the checks need; nothing is changed. Bounded: some ten seconds. */
export async function gather(
  session: Session,
  view: ClusterView,
  world: DoctorWorld,
): Promise<DoctorFacts> {
  const [members, store, configuration] = await Promise.all([
    gatherMembers(session, view.members, world),
    gatherStore(session, world),
    judgeConfig(session, view),
  ]);
  const local = localSight(session, view);
  return { view, members, store, configuration, local, nowMs: session.clock.now().getTime() };
}

async function judgeConfig(session: Session, view: ClusterView) {
  if (!view.config) return [];
  const hosts = view.members.flatMap(({ host }) => (host === undefined ? [] : [host]));
  const local = (session.settings.raw.postgresql ?? {}) as JsonMap;
  return checkConfig(view.config.data as JsonMap, { hosts, local });
}

async function gatherStore({ settings, signal }: Session, world: DoctorWorld): Promise<StoreSight> {
  const { store } = settings;
  if (store.kind !== 'etcd3' && store.kind !== 'etcd') {
    return { endpoints: [], unseen: 'the configuration names none that can be looked at' };
  }
  if (store.srv) return { endpoints: [], unseen: 'they come from DNS (SRV records)' };
  const urls = store.hosts.map((host) => `${store.protocol}://${host}`);
  const look = { tls: store.tls, timeoutMs: STORE_PATIENCE_MS, signal };
  const endpoints = urls.map(async (url) =>
    URL.canParse(url) ? world.endpoint(new URL(url), look) : { name: url, failure: 'no address' },
  );
  return { endpoints: await Promise.all(endpoints) };
}

/** What the file says of a node, where it is the `patroni.yml` of a member of this cluster. */
function localSight({ settings }: Session, view: ClusterView): LocalSight {
  const { raw, exposed, scope } = settings;
  const name = view.members.find((member) => member.name === raw.name)?.name;
  if (name === undefined || scope !== view.scope) return { exposed };
  // A mode that is none counts as off, as for the agent.
  const { mode: watchdog } = readWatchdog({ name: '', values: raw }, []);
  const own = isRecord(raw.pgherd) ? raw.pgherd.fence : undefined;
  const fence = own === undefined ? {} : { fence: own === false ? 'off' : String(own) };
  return { exposed, node: { name, watchdog, ...fence } };
}
