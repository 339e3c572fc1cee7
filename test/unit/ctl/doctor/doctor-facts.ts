import type { DoctorFacts, MemberSight } from '../../../../src/ctl/doctor/facts.ts';
import type { ClusterView } from '../../../../src/model/cluster.ts';
import type { NodeStatus } from '../../../../src/model/node-status.ts';
import { SILENT, scene } from '../../ha/explain/scene.ts';

/** The moment of all these facts: on a full second. */
export const NOW = Date.UTC(2026, 0, 1, 12);
export const DAY = 24 * 3600 * 1000;

interface Changes extends Partial<Omit<DoctorFacts, 'view' | 'members'>> {
  readonly view?: Partial<ClusterView>;
  readonly settings?: NonNullable<Parameters<typeof scene>[0]>['settings'];
  /** What a member says, where it is not the usual; undefined: it gives no answer. */
  readonly says?: Readonly<Record<string, Partial<NodeStatus> | undefined>>;
  /** What is seen of a member beside what it says. */
  readonly sees?: Readonly<Record<string, Partial<MemberSight>>>;
}

/** Facts of a cluster at which there is nothing to find; what a test is about goes into `changes`. */
export function factsOf(changes: Changes = {}): DoctorFacts {
  const { view: viewChanges, settings, says, sees = {}, ...rest } = changes;
  const { view, reports } = scene({
    view: {
      members: distinct(),
      status: { lastLsn: 1000, slots: { pg1: 1000, pg2: 1000, pg3: 1000 }, retainSlots: [] },
      ...viewChanges,
    },
    settings: { failsafeMode: true, ...settings },
    ...(says ? { says } : {}),
  });
  return {
    view,
    members: view.members.map((member) => ({
      member,
      report: reports.get(member.name) ?? SILENT,
      clock: { dateMs: NOW, least: -10, most: 1000 },
      door: { kind: 'closed' },
      certificate: undefined,
      ...sees[member.name],
    })),
    store: { endpoints: ['e1', 'e2', 'e3'].map((name) => ({ name: `http://${name}:2379` })) },
    configuration: [],
    local: { exposed: [] },
    nowMs: NOW,
    ...rest,
  };
}

/** Three members, each at an address of its own. */
function distinct(): ClusterView['members'] {
  return scene().view.members.map((member) => ({
    ...member,
    connUrl: `postgres://${member.name}:5432/postgres`,
  }));
}
