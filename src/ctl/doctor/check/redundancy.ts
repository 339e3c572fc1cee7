import { syncMode } from '../../../ha/sync/membership.ts';
import { DEFAULT_SETTINGS } from '../../../model/settings.ts';
import { isNoSync } from '../../../model/tags.ts';
import type { DoctorFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';

/** Synchronous mode with no standby to spare: the next that goes stops writes, or the promise. */
export function checkSyncRedundancy({ view }: DoctorFacts): Finding[] {
  const settings = view.config?.settings ?? DEFAULT_SETTINGS;
  if (syncMode(settings) === 'off') return [];
  const able = view.members.filter(({ name, tags }) => name !== view.leader && !isNoSync(tags));
  const wanted = settings.synchronousNodeCount;
  // That none is there at all is an error of its own, in checkHealth.
  if (able.length === 0 || able.length > wanted) return [];
  const strict = settings.synchronousModeStrict;
  const names = able.map(({ name }) => name).join(', ');
  return [
    {
      id: 'single-sync-standby',
      severity: 'warning',
      member: null,
      title: strict
        ? 'writes stop as soon as one standby is gone'
        : 'as soon as one standby is gone, commits wait for fewer than wanted, or for none',
      evidence:
        `synchronous_node_count is ${wanted}, and only ${names} can be synchronous` +
        (strict ? '; synchronous_mode_strict is on' : ''),
      remedy: 'add a standby, or take the tag nosync from one',
    },
  ];
}
