import type { Facts } from '../facts.ts';
import { leads } from '../lease.ts';
import type { Acting, Action, Asking, Rule } from '../plan.ts';
import { changeOfSource } from '../replication/change-source.ts';
import { compareHistory } from '../replication/divergence.ts';
import { followTarget } from '../replication/target.ts';
import { act, ended, isDistrusted, isOnLeadersTimeline, mayRewind, viewOf } from '../situation.ts';
import { STOP_FAST, STOP_NOW } from './keep-or-stop.ts';
import { leaderSource, ownPosition } from './rejoin.ts';

// Somebody else leads.

/** Reached with the DCS answering, PostgreSQL up, no job running and no lease of ours. */
const follows = (f: Facts): boolean =>
  f.dcs !== undefined && f.postgres.state !== 'stopped' && !leads(f);

const isPrimary = (f: Facts): boolean => f.postgres.role === 'primary';

/** One that starts may wait for WAL of its source before it takes connections. */
const isUp = ({ postgres }: Facts): boolean =>
  postgres.state === 'running' || postgres.state === 'starting';

const DIVERGED = 'the data have diverged from the leader; consider doing reinitialize';

/** Longer than PostgreSQL waits between two attempts, and than a source takes to be restarted. */
const STUCK_AFTER = 60_000;

function sentence(f: Facts): string {
  const leader = viewOf(f)?.leader ?? '';
  return f.settings.standbyCluster
    ? `no action. I am (${f.self.name}), a secondary, and following a standby leader (${leader})`
    : `no action. I am (${f.self.name}), a secondary, and following a leader (${leader})`;
}

/**
 * A standby that does not stream asks whether it ever can; so does one that does not come up: it
 * may need WAL of a timeline that has ended before (P#3654). The answer holds for good on the
 * leader's timeline: on the one of before a source that has diverged itself may still send more.
 */
function lookAtTimelines(f: Facts): Asking | Acting | undefined {
  const { rewind } = f.memory;
  const { state, replicationState, backupLabel } = f.postgres;
  const isClear = rewind === 'clear';
  if ((isClear && isOnLeadersTimeline(f)) || rewind === 'failed' || backupLabel) return undefined;
  if (!isUp(f) || replicationState === 'streaming') return undefined;
  const source = leaderSource(f);
  if (!source || f.settings.pause || isDistrusted(f)) return undefined;
  const report = f.answers.source;
  if (!report) return { ask: { kind: 'inspect', source } };
  // A leader that is still being promoted does not know its timeline yet.
  if (!report.ok || (report.inRecovery && source.name !== '')) return undefined;
  const verdict = compareHistory(ownPosition(f), report);
  // One that starts has said nothing yet of what it replays.
  if (verdict === 'follows' && (isClear || state === 'starting')) return undefined;
  if (verdict === 'follows') {
    return act(sentence(f), [], { memory: { rewind: 'clear' }, wakeAt: f.now + 1000 });
  }
  const curable =
    (verdict === 'diverged' && mayRewind(f)) || f.self.removeDataDirectoryOnDivergedTimelines;
  return curable
    ? act('stopping PostgreSQL because its data have diverged from the leader', [STOP_FAST], {
        memory: { rewind: 'needed' },
        wakeAt: f.now,
      })
    : act(DIVERGED, [], {
        memory: { rewind: 'failed' },
      });
}

const restart = (f: Facts): Action => {
  return { kind: 'job', job: { kind: 'restart', from: followTarget(f) } };
};

export const FOLLOWING: readonly Rule[] = [
  {
    name: 'following.demote',
    phase: 'following',
    why: 'somebody else leads: a primary beside it is the worst there is (S1)',
    mirrors: ['follow', 'demote'],
    plan: (f) =>
      follows(f) && isPrimary(f) && !f.settings.pause
        ? act('demoting self because I do not have the lock and I was a leader', [STOP_NOW], {
            memory: { leaseUntil: undefined, rewind: 'check' },
            wakeAt: f.now,
          })
        : undefined,
  },
  {
    name: 'following.namesake',
    phase: 'following',
    why: 'the lock carries our name and is another’s: a member with the same name (P#2724)',
    mirrors: ['has_lock'],
    plan: (f) =>
      follows(f) && viewOf(f)?.leader === f.self.name
        ? act(`the leader key holds our name (${f.self.name}) and does not belong to us`)
        : undefined,
  },
  {
    name: 'following.retarget',
    phase: 'following',
    why:
      'the source to stream from has changed, and with it perhaps the timeline; one that waits' +
      ' for WAL of a source that is gone would never come up (P#3654)',
    mirrors: ['follow', '_get_node_to_follow', 'check_recovery_conf (postgresql/config.py)'],
    plan: (f) => {
      if (!follows(f) || isPrimary(f) || !isUp(f)) return undefined;
      const change = changeOfSource(f);
      if (!change) return undefined;
      const rewind = f.memory.rewind === 'needed' ? 'needed' : 'check';
      const memory = { rewind, stuck: undefined } as const;
      return act(sentence(f), [change], { memory, wakeAt: f.now + 1000 });
    },
  },
  {
    name: 'following.timelines',
    phase: 'following',
    why: 'a standby whose data the leader does not have would never stream again (S5)',
    mirrors: ['_handle_rewind_or_reinitialize', 'follow'],
    plan: (f) => (follows(f) && !isPrimary(f) ? lookAtTimelines(f) : undefined),
  },
  {
    name: 'following.needs-reinitialize',
    phase: 'following',
    why: 'data that have diverged and may not be replaced wait for an order, and it must be seen',
    mirrors: ['_handle_rewind_or_reinitialize'],
    plan: (f) =>
      follows(f) && f.memory.rewind === 'failed' && f.postgres.replicationState !== 'streaming'
        ? act(DIVERGED)
        : undefined,
  },
  {
    name: 'following.parameters',
    phase: 'following',
    why:
      'a parameter of the primary is higher than ours: PostgreSQL replays no further until it was' +
      ' restarted with one as high (the manual, “Hot Standby”)',
    mirrors: ['process_healthy_cluster', 'handle_parameter_change (postgresql/__init__.py)'],
    plan: (f) =>
      follows(f) && f.postgres.replayNeedsRestart && !f.settings.pause
        ? act('restarting PostgreSQL: it replays no further with its parameters', [restart(f)])
        : undefined,
  },
  {
    name: 'following.stuck',
    phase: 'following',
    why:
      'a standby that asks in vain for WAL, which its source has removed perhaps, is no standby,' +
      ' and nothing but PostgreSQL’s own log would tell',
    mirrors: [],
    plan: (f) => {
      const { stuck } = f.memory;
      if (!follows(f) || !stuck || f.now - stuck.since < STUCK_AFTER) return undefined;
      return act(
        `I am (${f.self.name}), a secondary, and get no WAL from ${f.postgres.follows}:` +
          ' see the log of PostgreSQL; if WAL has been removed, consider doing reinitialize',
      );
    },
  },
  {
    name: 'following.steady',
    phase: 'following',
    why: 'all is well: the leader leads, and this server streams or will',
    mirrors: ['process_healthy_cluster', 'follow'],
    plan: (f) => {
      if (!follows(f)) return undefined;
      const streams = f.postgres.replicationState === 'streaming' && isOnLeadersTimeline(f);
      // A server that has just started will do so in a moment, and nothing tells of that.
      const soon = ended(f, 'start') === 'ok' && !streams;
      return act(sentence(f), [], soon ? { wakeAt: f.now + 1000 } : {});
    },
  },
  {
    name: 'following.nothing',
    phase: 'following',
    why: 'no other rule has anything to say, and doing nothing harms nobody',
    mirrors: [],
    plan: (f) => act(`no action. I am (${f.self.name})`),
  },
];
