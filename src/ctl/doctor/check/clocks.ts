import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import type { ClockSight, DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/** Less says nothing: a web server may make its date a while before. */
const TOLERANCE_MS = 2000;

/**
 * Clocks of the members against each other, by the dates of their answers. Leases do not depend on
 * them; schedules, logs, certificates and the lag in seconds do.
 */
export function checkClocks({ members }: DoctorFacts): Finding[] {
  const seen = members.flatMap(({ member, clock }) =>
    clock ? [{ name: member.name, ...clock }] : [],
  );
  const unseen = members
    .filter(({ report, clock }) => report.ok && !clock)
    .map(({ member }) =>
      notChecked(
        { id: 'clock', member: member.name, what: 'its clock' },
        'its answer has no Date',
        'compare date on the hosts',
      ),
    );
  const first = highest(seen, ({ least }) => least);
  const last = highest(seen, ({ most }) => -most);
  if (!first || !last) return unseen;
  const apart = first.least - last.most;
  if (apart >= TOLERANCE_MS) {
    const evidence =
      `${first.name} is at least ${inSeconds(apart)} s ahead of ${last.name}, by the dates of ` +
      'their answers (whole seconds, round trip taken off)';
    return [...unseen, finding('clock-difference', 'the clocks of the members differ', evidence)];
  }
  return [...unseen, ...ownClock(seen)];
}

type Named = ClockSight & { readonly name: string };

/** All agree, and this machine surely does not with any: what is said here of times is then off. */
function ownClock(seen: readonly Named[]): Finding[] {
  const behind = Math.min(...seen.map(({ least }) => least));
  const ahead = Math.min(...seen.map(({ most }) => -most));
  if (behind < TOLERANCE_MS && ahead < TOLERANCE_MS) return [];
  const where = behind > ahead ? 'behind' : 'ahead of';
  const off = inSeconds(Math.max(behind, ahead));
  const title = 'the clock of this machine is wrong, or that of all members';
  return [finding('own-clock', title, `it is at least ${off} s ${where} the members, who agree`)];
}

function finding(id: string, title: string, evidence: string): Finding {
  const remedy = 'let an NTP client (chrony, systemd-timesyncd) run on all hosts';
  return { id, severity: 'warning', member: null, title, evidence, remedy };
}

function highest(seen: readonly Named[], value: (one: Named) => number): Named | undefined {
  return [...seen].sort((one, other) => value(other) - value(one))[0];
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

/** Agents that are cut off from the DCS; both times are by the member's own clock. */
export function checkDcsSight({ view, members }: DoctorFacts): Finding[] {
  const { ttl } = view.config?.settings ?? DEFAULT_SETTINGS;
  return members.flatMap(({ member, report, clock }): Finding[] => {
    const seen = report.ok ? report.status.dcsLastSeen : undefined;
    if (seen === undefined || !clock) return [];
    const age = Math.round(clock.dateMs / 1000 - seen);
    if (seen > 0 && age <= ttl) return [];
    return [
      {
        ...{ id: 'dcs-not-seen', severity: 'warning', member: member.name },
        title: 'its agent does not reach the DCS',
        evidence: seen > 0 ? `the DCS answered it ${age} s ago; ttl is ${ttl} s` : 'never yet',
        remedy: 'look at its log, and at the network between it and the DCS',
      },
    ];
  });
}
