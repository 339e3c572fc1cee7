import type { DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/** The servers of etcd that the configuration names, as they are reached from this machine. */
export function checkStore({ store }: DoctorFacts): Finding[] {
  const { endpoints, unseen } = store;
  if (unseen !== undefined) {
    const check = { id: 'store', what: 'the servers of the DCS' };
    return [notChecked(check, unseen, 'etcdctl endpoint health --cluster')];
  }
  const down = endpoints.flatMap(({ name, failure }): Finding[] =>
    failure === undefined
      ? []
      : [
          {
            ...{ id: 'store-unreachable', severity: 'warning', member: null },
            title: 'a server of etcd does not answer',
            evidence: `${name}: ${failure}`,
            remedy: 'repair it, or take it out of the configuration',
          },
        ],
  );
  return [...down, ...quorum(endpoints.length)];
}

/** Counts what is configured: more servers may be there. */
function quorum(count: number): Finding[] {
  if (count > 1 && count % 2 === 1) return [];
  const found = (title: string, remedy: string): Finding[] => [
    {
      ...{ id: 'store-size', severity: 'info', member: null, title, remedy },
      evidence: `${count} in the configuration that was read here`,
    },
  ];
  if (count === 1) {
    return found(
      'one server of etcd is known: without it nothing is',
      'name all of an etcd of three or five',
    );
  }
  if (count === 0) return [];
  return found(
    'an even number of etcd servers survives no more than one fewer',
    'three or five, on hosts that do not fail together',
  );
}
