import { leaderMember } from '../model/cluster.ts';
import type { Facts } from './facts.ts';
import { knownConfig, restoreDocuments } from './housekeeping/cluster-documents.ts';
import { historyUpdate } from './housekeeping/history.ts';
import { isSameMember, memberDocument } from './housekeeping/member-document.ts';
import { leads } from './lease.ts';
import type { Acting, Action, DocumentWrite } from './plan.ts';
import { sourceOf } from './replication/target.ts';
import { isRunningPrimary, runningJob } from './situation.ts';
import { planSlots, slotsToCopy } from './slots/plan-slots.ts';
import { memberSeen } from './slots/retention.ts';
import { planSync } from './sync/plan-sync.ts';

/**
 * What a node does beside the plan of a tick, after it: its own document, who is synchronous, the
 * documents that a leader looks after, and slots. What fails ends the list, so what others depend
 * on comes first.
 */
export function maintain(seen: Facts): Omit<Acting, 'say'> {
  // A store that did not answer a moment ago would cost the time in which a lease is given up.
  const silent = seen.answers.lock?.outcome === 'unknown';
  const facts = silent ? { ...seen, dcs: undefined } : seen;
  const sync = mayPlanSync(facts) ? planSync(facts) : { do: [] };
  return {
    ...sync,
    do: [
      ...publication(facts),
      ...restoreDocuments(facts).map(asAction),
      ...sync.do,
      ...history(facts),
      ...slots(facts),
      ...copyOfSlots(facts),
    ],
    memory: {
      knownConfig: knownConfig(facts),
      ...(facts.dcs ? { memberSeen: memberSeen(facts, facts.dcs.view) } : {}),
      ...sync.memory,
    },
  };
}

function asAction(document: DocumentWrite): Action {
  return { kind: 'write', document };
}

/**
 * Publishing extends the session, as the renewal of a leader does: so a leader writes its document
 * when it says something new or has gone, and everybody else each time.
 */
function publication(facts: Facts): readonly Action[] {
  const { dcs, self } = facts;
  if (!dcs) return [];
  const member = memberDocument(facts);
  const written = leads(facts) && dcs.view.members.find(({ name }) => name === self.name);
  return written && isSameMember(written, member) ? [] : [{ kind: 'publish', member }];
}

/**
 * In pause as well: a standby that went away must not hold up commits. Not on the way out: whoever
 * is synchronous now may be the one who takes over.
 */
function mayPlanSync(facts: Facts): boolean {
  const leaving = facts.memory.steppingDown !== undefined || facts.orders.shutdown;
  return isLeadingPrimary(facts) && runningJob(facts) === undefined && !leaving;
}

function history(facts: Facts): readonly Action[] {
  const document = isLeadingPrimary(facts) ? historyUpdate(facts) : undefined;
  return document ? [asAction(document)] : [];
}

function isLeadingPrimary(facts: Facts): boolean {
  return (
    facts.dcs !== undefined && leads(facts) && isRunningPrimary(facts) && facts.postgres.answering
  );
}

/** While PostgreSQL is worked on it is left alone; only a promotion leaves it running (Patroni). */
function slots(facts: Facts): readonly Action[] {
  const { postgres } = facts;
  const busy = runningJob(facts);
  if (postgres.state !== 'running' || !postgres.answering) return [];
  if (busy !== undefined && busy !== 'promote') return [];
  const changes = planSlots(facts);
  return changes.length > 0 ? [{ kind: 'sync-slots', changes }] : [];
}

/** Last: when the plan of this tick has begun another job, this one has to wait. */
function copyOfSlots(facts: Facts): readonly Action[] {
  const { dcs, postgres, job } = facts;
  const leader = dcs && leaderMember(dcs.view);
  if (!leader || postgres.state !== 'running' || !postgres.answering || job) return [];
  const from = sourceOf(facts, leader);
  const names = slotsToCopy(facts);
  if (!from || names.length === 0) return [];
  return [{ kind: 'job', job: { kind: 'copy-slots', from, names } }];
}
