/** A text edit of a production source. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Is there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A deliberate defect: the simulation must show a violation with it. */
export interface Mutation {
  readonly name: string;
  /** More than one where the same mistake is prevented in two places. */
  readonly edits: readonly Edit[];
  /** Situations of `test/scenarios` that show it fast; others are tried after them. */
  readonly scenarios: readonly string[];
  readonly seeds?: readonly number[];
}

/** Each is a mistake that somebody could make, and that must not go unseen. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a lease without an end',
    edits: [
      {
        file: 'src/ha/lease.ts',
        find: 'until !== undefined && facts.now < until',
        replace: 'until !== undefined',
      },
    ],
    scenarios: ['dcs/leader-cut-off', 'failover/host-paused', 'failover/agent-frozen'],
  },
  {
    name: 'the fence without a margin',
    edits: [
      {
        file: 'src/ha/lease.ts',
        find: 'until - Math.min(MOST_MARGIN_MS, (ttlSeconds * 1000) / 4)',
        replace: 'until',
      },
    ],
    scenarios: ['failover/agent-killed', 'failover/agent-frozen', 'failsafe/then-isolated'],
  },
  {
    name: 'the fence with its margin on the wrong side',
    edits: [
      { file: 'src/ha/lease.ts', find: 'until - Math.min(MOST', replace: 'until + Math.min(MOST' },
    ],
    scenarios: ['failover/agent-killed'],
  },
  {
    name: 'the lease counted from the reply',
    edits: [
      {
        file: 'src/agent/ask.ts',
        find: 'question), sentAt, ttl',
        replace: 'question), sentAt: ports.clock.monotonic(), ttl',
      },
    ],
    scenarios: ['dcs/slow-then-frozen', 'dcs/slow'],
  },
  {
    name: 'no answer taken for yes',
    edits: [{ file: 'src/agent/ask.ts', find: "return 'unknown'", replace: "return 'held'" }],
    scenarios: ['dcs/leader-cut-off', 'dcs/down'],
  },
  {
    name: 'a lost lock that is kept',
    edits: [
      {
        file: 'src/ha/answers.ts',
        find: 'return { leaseUntil: undefined, acquireSentAt: undefined, failsafeActive: false };',
        replace: 'return { acquireSentAt: undefined, failsafeActive: false };',
      },
    ],
    scenarios: ['dcs/duplicate-name', 'dcs/restored'],
  },
  {
    name: 'the guard never fed',
    edits: [
      {
        file: 'src/agent/converse.ts',
        find: 'if (deadline > now) fence',
        replace: 'if (deadline < 0) fence',
      },
    ],
    scenarios: ['failover/agent-killed'],
  },
  {
    name: 'a lock taken on old answers',
    edits: [
      {
        file: 'src/agent/converse.ts',
        find: "question.kind === 'acquire' && age >",
        replace: "question.kind === 'acquire' && age > 1e9 *",
      },
    ],
    scenarios: ['failover/starved-primary'],
  },
  {
    name: 'started as it was, whoever leads',
    edits: [
      {
        file: 'src/agent/perform.ts',
        find: 'if (!writes) return undefined;',
        replace: 'if (writes || !writes) return undefined;',
      },
      {
        file: 'src/ha/rules/down.ts',
        find: "{ kind: 'job', job: { kind: 'start', as: 'standby', from: followTarget(f) } },\n      ];",
        replace:
          "{ kind: 'job', job: { kind: 'start', as: f.postgres.role, from: followTarget(f) } },\n      ];",
      },
    ],
    scenarios: ['failover/host-crash', 'rejoin/rewind'],
  },
  {
    name: 'a leader that never renews',
    edits: [
      {
        file: 'src/ha/rules/leading.ts',
        find: 'holds(f) && !f.answers.lock ?',
        replace: 'holds(f) && f.answers.peers ?',
      },
    ],
    scenarios: ['operators/switchover', 'failover/agent-killed'],
  },
  {
    name: 'a leader that does not stop without an answer',
    edits: [
      {
        file: 'src/ha/rules/keep-or-stop.ts',
        find: 'if (now < until) {',
        replace: 'if (now < until || now > 0) {',
      },
    ],
    scenarios: ['dcs/leader-cut-off', 'failsafe/then-isolated'],
  },
  {
    name: 'a primary beside another leader',
    edits: [
      {
        file: 'src/ha/rules/following.ts',
        find: 'follows(f) && isPrimary(f) && !f.settings.pause\n',
        replace: 'false && isPrimary(f) && !f.settings.pause\n',
      },
    ],
    scenarios: ['dcs/duplicate-name', 'dcs/restored'],
  },
  {
    name: 'a long operation that outlives the lock',
    edits: [
      {
        file: 'src/ha/rules/busy.ts',
        find: 'if (!busy(f) || stopping ||',
        replace: 'if (busy(f) || stopping ||',
      },
    ],
    scenarios: ['dcs/slow', 'failover/slow-recovery'],
  },
  {
    name: 'a leader without a guard',
    edits: [
      {
        file: 'src/ha/rules/leading.ts',
        find: 'holds(f) && !f.settings.pause && fenceProblem(f)',
        replace: 'holds(f) && f.settings.pause && fenceProblem(f)',
      },
      {
        file: 'src/ha/rules/leading.ts',
        find: "f.fence.guard !== 'dead' || tried",
        replace: "f.fence.guard !== 'dead' || !tried",
      },
    ],
    scenarios: ['failover/guard-then-agent-killed'],
  },
  {
    name: 'the lock released before PostgreSQL stops',
    edits: [
      {
        file: 'src/ha/rules/serve-request.ts',
        find: "[{ kind: 'job', job: { kind: 'stop',",
        replace: "[{ kind: 'release' }, { kind: 'job', job: { kind: 'stop',",
      },
    ],
    scenarios: ['operators/switchover'],
  },
  {
    name: 'a race without asking anybody',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (!f.answers.peers) return poll;\n  const verdict = healthiest(f, call.excluded);',
        replace: 'const verdict = { healthiest: true, because: undefined } as const;',
      },
    ],
    scenarios: ['sync/quorum-behind', 'sync/quorum-laggard'],
  },
  {
    name: 'nofailover ignored',
    edits: [
      {
        file: 'src/ha/race/fitness.ts',
        find: "if (isNoFailover(self.tags)) return 'nofailover';",
        replace: '',
      },
      {
        file: 'src/ha/rules/race.ts',
        find: 'isStandby(f) && isNoFailover(f.self.tags) && !leads(f)',
        replace: 'false && isNoFailover(f.self.tags) && !leads(f)',
      },
    ],
    scenarios: ['failover/nofailover'],
  },
  {
    name: 'more WAL elsewhere ignored',
    edits: [
      {
        file: 'src/ha/race/healthiest.ts',
        find: 'if (position > facts.postgres.lsn) {',
        replace: 'if (position > facts.postgres.lsn * 2) {',
      },
    ],
    scenarios: ['sync/quorum-behind'],
  },
  {
    name: 'the lag limit ignored',
    edits: [
      {
        file: 'src/ha/race/fitness.ts',
        find: 'if (!leniency.lag && lag >',
        replace: 'if (leniency.lag && lag >',
      },
    ],
    scenarios: ['failover/only-lagging-left'],
  },
  {
    name: 'the lag limit turned round',
    edits: [
      {
        file: 'src/ha/race/fitness.ts',
        find: 'lag > settings.maximumLagOnFailover',
        replace: 'lag < settings.maximumLagOnFailover',
      },
    ],
    scenarios: ['failover/host-crash'],
  },
  {
    name: 'a running primary ignored',
    edits: [
      {
        file: 'src/ha/race/healthiest.ts',
        find: "isPrimaryRole(status.role) && status.state === 'running'",
        replace: "isPrimaryRole(status.role) && status.state === 'never'",
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off', 'dcs/wiped-leader-cut-off'],
  },
  {
    name: 'one vote less than the quorum',
    edits: [
      { file: 'src/ha/race/healthiest.ts', find: 'votes + own - 1 >=', replace: 'votes + own >=' },
    ],
    scenarios: ['sync/quorum-laggard'],
  },
  {
    name: 'one vote more than the quorum',
    edits: [
      {
        file: 'src/ha/race/healthiest.ts',
        find: 'votes + own - 1 >=',
        replace: 'votes + own - 2 >=',
      },
    ],
    scenarios: ['sync/quorum'],
  },
  {
    name: 'failover_priority turned round',
    edits: [
      {
        file: 'src/ha/race/healthiest.ts',
        find: 'failoverPriority(peer.status.tags) <= failoverPriority',
        replace: 'failoverPriority(peer.status.tags) >= failoverPriority',
      },
    ],
    scenarios: ['failover/priority'],
  },
  {
    name: 'anybody may succeed',
    edits: [
      {
        file: 'src/ha/sync/membership.ts',
        find: 'return isSyncStandby(sync, name) || isSameName(sync.leader, name);',
        replace: 'return true;',
      },
    ],
    scenarios: ['sync/async-laggard'],
  },
  {
    name: 'former members not asked',
    edits: [
      {
        file: 'src/ha/race/electorate.ts',
        find: 'const members = [...(facts.memory.healthyView?.members ?? []), ...(view?.members ?? [])];',
        replace: 'const members = view?.members ?? [];',
      },
    ],
    scenarios: ['sync/quorum-behind'],
  },
  {
    name: 'a member outside of the failsafe list races',
    edits: [
      {
        file: 'src/ha/race/fitness.ts',
        find: 'if (settings.failsafeMode && Object',
        replace: 'if (!settings.failsafeMode && Object',
      },
    ],
    scenarios: ['failsafe/not-listed'],
  },
  {
    name: 'a primary takes the lock back whatever its timeline',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if ((f.postgres.timeline ?? 0) < knownTimeline(f)) {',
        replace: 'if ((f.postgres.timeline ?? 0) < 0) {',
      },
      {
        file: 'src/ha/rules/race.ts',
        find: "report.ok && report.status.role === 'primary' && report.status.state !== 'stopped'",
        replace: "report.ok && report.status.role === 'never' && report.status.state !== 'stopped'",
      },
    ],
    scenarios: ['failover/starved-primary'],
  },
  {
    name: 'a primary takes the lock back without /sync',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (view && !maySucceed(view, f.settings, f.self.name)) {',
        replace: 'if (!view) {',
      },
    ],
    scenarios: ['failover/starved-sync-primary'],
  },
  {
    name: 'a store that went back is believed',
    edits: [
      {
        file: 'src/ha/recall.ts',
        find: 'const wentBack = dcs.revision < memory.revision;',
        replace: 'const wentBack = false;',
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off'],
  },
  {
    name: 'a store that forgot everything is believed',
    edits: [
      {
        file: 'src/ha/recall.ts',
        find: '(forgot && distrustUntil === undefined)',
        replace: '(forgot && distrustUntil === -1)',
      },
    ],
    scenarios: ['dcs/wiped-leader-cut-off'],
  },
  {
    name: 'distrust without consequence',
    edits: [
      {
        file: 'src/ha/situation.ts',
        find: 'memory.distrustUntil !== undefined && memory.distrustUntil > now',
        replace: 'memory.distrustUntil !== undefined && memory.distrustUntil > now + 1e9',
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off'],
  },
  {
    name: 'an unexpected lock is trusted',
    edits: [
      {
        file: 'src/ha/rules/leading.ts',
        find: 'return asked || isRunningPrimary(f);',
        replace: 'return true;',
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off'],
  },
  {
    name: 'a bootstrap without a claim',
    edits: [
      {
        file: 'src/ha/rules/bootstrap.ts',
        find: "name: 'initialize', value: '', guard: 'absent'",
        replace: "name: 'initialize', value: '', guard: 'any'",
      },
    ],
    scenarios: ['bootstrap/race'],
  },
  {
    name: 'documents written by put',
    edits: [
      {
        file: 'src/agent/write-request.ts',
        find: 'value: textOf(document), guard, asLeader,',
        replace: "value: textOf(document), guard: 'any', asLeader,",
      },
    ],
    scenarios: ['bootstrap/race'],
  },
  {
    name: 'documents written by former leaders',
    edits: [
      {
        file: 'src/agent/write-request.ts',
        find: 'value: textOf(document), guard, asLeader,',
        replace: 'value: textOf(document), guard, asLeader: false,',
      },
    ],
    scenarios: ['dcs/slow'],
  },
  {
    name: 'promotion without a new /sync',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: '[...request, ...prepareSync(f), {',
        replace: '[...request, {',
      },
    ],
    scenarios: ['sync/quorum', 'sync/on'],
  },
  {
    name: 'names changed before /sync',
    edits: [
      {
        file: 'src/ha/sync/plan-sync.ts',
        find: 'if (sync) return writing(facts, sync, undefined);',
        replace: '',
      },
    ],
    scenarios: ['sync/turned-on-and-off'],
  },
  {
    name: 'standbys in /sync before they are confirmed',
    edits: [
      {
        file: 'src/ha/sync/all-standbys.ts',
        find: 'common(common(wanted, names), union(state.confirmed, proven))',
        replace: 'common(wanted, names)',
      },
    ],
    scenarios: ['sync/switch-standby', 'sync/async-laggard'],
  },
  {
    name: 'standbys confirmed whatever they have',
    edits: [
      {
        file: 'src/ha/sync/standbys.ts',
        find: 'counted && standby.flushLsn >= lsn',
        replace: 'true',
      },
    ],
    scenarios: ['sync/switch-standby', 'sync/turned-on-and-off'],
  },
  {
    name: 'a smaller quorum than is safe',
    edits: [
      {
        file: 'src/ha/sync/replication.ts',
        find: 'Math.max(0, forNewCommits, forOldCommits)',
        replace: 'Math.max(0, forNewCommits)',
      },
    ],
    scenarios: ['sync/quorum-of-five', 'sync/turned-on-and-off'],
  },
  {
    name: 'a quorum of nobody',
    edits: [
      {
        file: 'src/ha/sync/quorum.ts',
        find: 'const next = Math.max(safe, wanted.length - wantedCount);',
        replace: 'const next = 0;',
      },
    ],
    scenarios: ['sync/quorum'],
  },
  {
    name: 'strict mode without a placeholder',
    edits: [
      {
        file: 'src/ha/sync/sync-names.ts',
        find: 'return strict ? {',
        replace: 'return !strict && demand.count < 0 ? {',
      },
    ],
    scenarios: ['sync/strict'],
  },
  {
    name: 'synchronous with itself',
    edits: [
      {
        file: 'src/ha/sync/prepare-sync.ts',
        find: 'const next: SyncDocument = kept ?? alone(self.name);',
        replace: 'const next: SyncDocument = kept ?? sync ?? alone(self.name);',
      },
    ],
    scenarios: ['sync/on'],
  },
  {
    name: 'a failsafe promise that is not kept',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (!race(f) || leads(f) || !isStandby(f) || !promise) return undefined;',
        replace: 'if (race(f) || !promise) return undefined;',
      },
    ],
    scenarios: ['failsafe/leader-cut-off'],
  },
  {
    name: 'a failsafe promise of a moment',
    edits: [
      {
        file: 'src/ha/failsafe.ts',
        find: 'Math.max(settings.ttl, COMMON_SECONDS) * 1000',
        replace: '1000',
      },
    ],
    scenarios: ['failsafe/then-isolated', 'failsafe/leader-cut-off'],
  },
  {
    name: 'one member’s word is enough',
    edits: [
      { file: 'src/agent/ask.ts', find: 'agreed.every(Boolean)', replace: 'agreed.some(Boolean)' },
    ],
    scenarios: ['failsafe/leader-half-cut-off'],
  },
  {
    name: 'failsafe for longer than was promised',
    edits: [
      {
        file: 'src/ha/failsafe.ts',
        find: 'return Math.min(ttlSeconds, COMMON_SECONDS);',
        replace: 'return ttlSeconds * 5;',
      },
    ],
    scenarios: ['failsafe/then-isolated'],
  },
  {
    name: 'a promise by one that leads',
    edits: [{ file: 'src/ha/failsafe.ts', find: 'if (mayLeadItself(hearing) ||', replace: 'if (' }],
    scenarios: ['failsafe/leader-half-cut-off'],
  },
  {
    name: 'diverged data follow',
    edits: [
      {
        file: 'src/ha/replication/divergence.ts',
        find: "own.lsn <= left ? 'follows' : 'diverged'",
        replace: "own.lsn <= left ? 'follows' : 'follows'",
      },
      {
        file: 'src/ha/replication/divergence.ts',
        find: "return sameTimeline ? 'forked' : 'diverged';",
        replace: "return 'follows';",
      },
    ],
    scenarios: ['rejoin/rewind'],
  },
  {
    name: 'healthy data diverged',
    edits: [
      {
        file: 'src/ha/replication/divergence.ts',
        find: "own.lsn <= left ? 'follows'",
        replace: "own.lsn < 0 ? 'follows'",
      },
    ],
    scenarios: ['failover/host-crash'],
  },
  {
    name: 'a rewind before the checkpoint of its source',
    edits: [
      {
        file: 'src/ha/rules/rejoin.ts',
        find: 'report.inRecovery || !report.checkpointedSincePromote',
        replace: 'report.inRecovery',
      },
    ],
    scenarios: ['bootstrap/power-cut', 'rejoin/rewind'],
  },
  {
    name: 'a rewind of what was not stopped cleanly',
    edits: [
      {
        file: 'src/ha/rules/rejoin.ts',
        find: 'if (!CLEAN.includes(f.postgres.controlState)) return makeClean(f);',
        replace: '',
      },
    ],
    scenarios: ['rejoin/rewind'],
  },
  {
    name: 'no look at timelines when the leader changes',
    edits: [
      {
        file: 'src/ha/recall.ts',
        find: '...(another && (changed ||',
        replace: '...(!another && (changed ||',
      },
    ],
    scenarios: ['bootstrap/power-cut', 'rejoin/rewind'],
  },
  {
    name: 'a retry at once',
    edits: [
      {
        file: 'src/ha/situation.ts',
        find: 'return now + Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));',
        replace: 'return now - failures;',
      },
    ],
    scenarios: ['failover/start-fails'],
  },
  {
    name: 'a half-rewound directory started',
    edits: [
      {
        file: 'src/ha/rules/startup.ts',
        find: "f.postgres.dataDirectory !== 'half-rewound'",
        replace: "f.postgres.dataDirectory !== 'invalid'",
      },
    ],
    scenarios: ['rejoin/rewind-fails'],
  },
  {
    name: 'no checkpoint after a promotion',
    edits: [
      {
        file: 'src/ha/rules/leading.ts',
        find: 'f.postgres.checkpointedSincePromote ? []',
        replace: 'f.postgres.checkpointedSincePromote !== undefined ? []',
      },
    ],
    scenarios: ['rejoin/rewind'],
  },
  {
    name: 'a standby follows nobody new',
    edits: [
      {
        file: 'src/ha/rules/following.ts',
        find: "const follow: Action = { kind: 'follow', source };",
        replace: "const follow: Action = { kind: 'disarm' };",
      },
    ],
    scenarios: ['failover/host-crash'],
  },
  {
    name: 'a request that is never cleared',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'const request: Action[] = viewOf(f)?.failover ? [CLEAR_REQUEST] : [];',
        replace: 'const request: Action[] = [];',
      },
    ],
    scenarios: ['operators/switchover'],
  },
];
