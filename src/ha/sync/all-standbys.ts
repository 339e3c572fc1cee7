import { common, isSameSet, union } from './name-set.ts';
import { overlaps, type Replication, type SyncStep } from './replication.ts';

/**
 * The next step in mode `on`, in which a commit waits for all of `wanted`, and each member in
 * `/sync` may lead without asking anybody. So a standby is named to PostgreSQL first, and in
 * `/sync` when it is confirmed; it leaves `/sync` first, and PostgreSQL's names after.
 */
export function nextAllStandbysStep(state: Replication): SyncStep {
  const { voters, quorum, names, count, wanted } = state;
  // With a quorum above 0, which quorum mode leaves behind, being in /sync says little.
  const proven = quorum === 0 && overlaps(state) ? voters : [];
  const waitsForAll = count === names.length;
  const sure = waitsForAll ? common(common(wanted, names), union(state.confirmed, proven)) : [];
  if (quorum !== 0 || !isSameSet(sure, voters)) {
    return { kind: 'write-sync', voters: sure, quorum: 0 };
  }
  if (!waitsForAll || !isSameSet(names, wanted)) {
    return { kind: 'set-names', names: wanted, count: wanted.length };
  }
  return { kind: isSameSet(voters, wanted) ? 'done' : 'wait' };
}
