import { slotNameOf } from '../../../ha/slots/names.ts';
import { isPrimaryRole } from '../../../model/node-status.ts';
import type { DoctorFacts, MemberSight } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** Members that get into each other's way: one address or one name for two. */
export function checkDuplicates({ view }: DoctorFacts): Finding[] {
  const { members } = view;
  const twins = (of: (index: number) => string | undefined): [string, string[]][] => {
    const groups = new Map<string, string[]>();
    members.forEach(({ name }, index) => {
      const key = of(index);
      if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), name]);
    });
    return [...groups].filter(([, names]) => names.length > 1);
  };
  const duplicate = (what: string, evidence: string, remedy: string): Finding => ({
    ...{ id: 'duplicate-members', severity: 'error', member: null },
    ...{ title: `two members have the same ${what}`, evidence, remedy },
  });
  return [
    ...twins((index) => members[index]?.apiUrl).map(([url, names]) =>
      duplicate(
        'REST API',
        `${names.join(', ')} publish ${url}`,
        'give each its own restapi.connect_address; a member that is gone for good: stop its agent',
      ),
    ),
    ...twins((index) => members[index]?.connUrl).map(([url, names]) =>
      duplicate(
        'PostgreSQL',
        `${names.join(', ')} publish ${url}`,
        'give each its own postgresql.connect_address',
      ),
    ),
    ...twins((index) => members[index] && slotNameOf(members[index].name)).map(([slot, names]) =>
      duplicate(
        'slot',
        `${names.join(', ')} are ${slot} in PostgreSQL, where case, - and . do not count`,
        'rename one of them: name in its configuration',
      ),
    ),
  ];
}

/** Whether who answers is who should, with this cluster's data. */
export function checkIdentity({ view, members }: DoctorFacts): Finding[] {
  return members.flatMap(({ member, report }): Finding[] => {
    if (!report.ok) return [];
    const { name, scope, systemId } = report.status;
    const stranger = (evidence: string): Finding => ({
      ...{ id: 'wrong-member', severity: 'error', member: member.name },
      ...{ title: 'somebody else answers at its address', evidence },
      remedy: 'correct restapi.connect_address of the member, or what forwards to it',
    });
    if (name !== undefined && name !== member.name) {
      return [stranger(`${member.apiUrl ?? ''} says that it is ${name}`)];
    }
    if (scope !== undefined && scope !== view.scope) {
      return [stranger(`${member.apiUrl ?? ''} belongs to the cluster ${scope}`)];
    }
    if (!systemId || !view.initialize || systemId === view.initialize) return [];
    return [
      {
        ...{ id: 'foreign-data', severity: 'error', member: member.name },
        title: 'its data are those of another cluster',
        evidence: `its system identifier is ${systemId}, the cluster's ${view.initialize}`,
        remedy: 'pgherd reinit, if nobody needs these data',
      },
    ];
  });
}

/** A server that accepts writes beside the leader. */
export function checkPrimaries({ view, members }: DoctorFacts): Finding[] {
  const stray = ({ member, report }: MemberSight): boolean =>
    report.ok &&
    member.name !== view.leader &&
    isPrimaryRole(report.status.role) &&
    report.status.state === 'running';
  return members.filter(stray).map(({ member }) => ({
    ...{ id: 'stray-primary', severity: 'error', member: member.name },
    title: 'it runs as a primary without being the leader',
    evidence: `it says so, and ${view.leader ?? 'nobody'} holds the lock`,
    remedy:
      'keep clients away from it; its agent stops it, but for a paused cluster: look at its log',
  }));
}
