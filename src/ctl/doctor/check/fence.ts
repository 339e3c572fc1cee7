import type { DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/** Watchdogs that are asked for and do not work: such a member cannot lead. */
export function checkWatchdogs({ members }: DoctorFacts): Finding[] {
  return members
    .filter(({ report }) => report.ok && report.status.watchdogFailed)
    .map(({ member }) => ({
      ...{ id: 'watchdog-failed', severity: 'warning', member: member.name },
      title: 'it cannot lead: its watchdog does not work',
      evidence: 'it says so; watchdog.mode is required there',
      remedy: 'see that the device is there and may be opened by the user of PostgreSQL',
    }));
}

/**
 * What stops a primary whose agent is killed or frozen. That is in each node's own configuration:
 * it is known where this command was given the file of a member.
 */
export function checkFence({ members, local }: DoctorFacts): Finding[] {
  const { node } = local;
  const others = members.filter(
    ({ member, report }) =>
      member.name !== node?.name && !(report.ok && report.status.watchdogFailed),
  );
  const names = others.map(({ member }) => member.name).join(', ');
  const unseen = names
    ? [
        notChecked(
          { id: 'fence', what: `what stops a primary without its agent on ${names}` },
          'it cannot be seen from here: it is in the configuration of each node',
          'run pgherd doctor -c with the patroni.yml of the node, there',
        ),
      ]
    : [];
  if (!node) return unseen;
  const { name, watchdog, fence } = node;
  if (watchdog === 'required' || (fence !== undefined && fence !== 'off')) return unseen;
  const common = { member: name, evidence: `watchdog.mode is ${watchdog}` };
  const remedy = 'set pgherd.fence to required, or watchdog.mode to required with a device';
  const certain: Finding = {
    ...{ id: 'no-fence', severity: 'warning', member: name, remedy },
    title: 'nothing is sure to stop its primary when the agent is killed or frozen',
    evidence: `pgherd.fence is off, and ${common.evidence}`,
  };
  // Which agent runs there is not in the file: ours has a guard unless told otherwise.
  const withoutOurs: Finding = {
    ...{ id: 'no-fence', severity: 'info', remedy, ...common },
    title: 'if it runs Patroni, nothing is sure to stop its primary when the agent is killed',
  };
  return [fence === 'off' ? certain : withoutOurs, ...unseen];
}
