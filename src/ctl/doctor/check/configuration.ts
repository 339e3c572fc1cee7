import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import type { Finding as ConfigFinding } from '../../validate/finding.ts';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, notChecked } from '../finding.ts';

/** The checks that `edit-config` makes before it writes, on what is there: timing among them. */
export function checkConfiguration({ view, configuration }: DoctorFacts): Finding[] {
  if (!view.config) {
    const check = { id: 'configuration', what: 'the dynamic configuration' };
    return [notChecked(check, 'there is none in the DCS', 'look whether the bootstrap was done')];
  }
  return configuration.map(judged);
}

function judged({ severity, path, message }: ConfigFinding): Finding {
  const common = { member: null, evidence: message } as const;
  if (severity === 'note') {
    const title = 'the configuration was checked as far as it can be from here';
    return { ...common, id: 'configuration', severity: 'info', title, remedy: NOTHING };
  }
  if (path === 'ttl') {
    const remedy = 'pgherd edit-config: ttl must be at least loop_wait + 2 * retry_timeout, and 20';
    return { ...common, id: 'timing', severity, title: 'the timing rule does not hold', remedy };
  }
  const remedy = 'pgherd edit-config, which refuses what is wrong and says what it would take';
  return { ...common, id: 'configuration', severity, title: `${path} is not right`, remedy };
}

const NOTHING = 'nothing, if that is so';

/** Limits that are allowed, and seldom meant. */
export function checkLimits({ view }: DoctorFacts): Finding[] {
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  const found: Finding[] = [];
  if (settings.maximumLagOnFailover === 0) {
    found.push({
      ...{ id: 'lag-limit-zero', severity: 'warning', member: null },
      title: 'a standby that lacks one byte may not take over',
      evidence: 'maximum_lag_on_failover is 0',
      remedy: 'set it to what may be lost, e.g. 1048576; for no loss at all use synchronous_mode',
    });
  }
  if (!settings.failsafeMode && !settings.standbyCluster) {
    found.push({
      ...{ id: 'failsafe-off', severity: 'info', member: null },
      title: 'the primary stops when the DCS is down, even while all members are well',
      evidence: 'failsafe_mode is off',
      remedy: 'pgherd edit-config -s failsafe_mode=true, if all members can reach each other',
    });
  }
  return [...found, ...outsideFailsafe({ view, on: settings.failsafeMode })];
}

function outsideFailsafe({ view, on }: { view: DoctorFacts['view']; on: boolean }): Finding[] {
  const list = view.failsafe ?? {};
  if (!on || Object.keys(list).length === 0) return [];
  return view.members
    .filter(({ name }) => !(name in list))
    .map(({ name }) => ({
      ...{ id: 'not-in-failsafe', severity: 'warning', member: name },
      title: 'it may not take over: the failsafe list does not name it',
      evidence: `/failsafe names ${Object.keys(list).join(', ')}`,
      remedy: 'the leader writes the list; when it does not after loop_wait, look at its log',
    }));
}
