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
    name: 'the fence without a margin',
    edits: [
      {
        file: 'src/ha/lease.ts',
        find: 'until - Math.min(MOST_MARGIN_MS, (ttlSeconds * 1000) / 4)',
        replace: 'until',
      },
    ],
    scenarios: ['dcs/clock-very-slow'],
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
    scenarios: ['dcs/slow-clock-slow-store'],
  },
  {
    name: 'no answer taken for yes',
    edits: [{ file: 'src/agent/ask.ts', find: "return 'unknown'", replace: "return 'held'" }],
    scenarios: ['dcs/leader-cut-off-no-guard', 'dcs/leader-cut-off'],
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
    name: 'the lock released under a living agent',
    edits: [
      {
        file: 'src/dcs/kept-session.ts',
        find: "if (found?.id === id && found.owner === 'dead') return true;",
        replace: 'if (found?.id === id) return true;',
      },
    ],
    scenarios: ['failover/agent-back-before-release'],
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
    scenarios: ['dcs/leader-cut-off-no-guard'],
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
    scenarios: ['failover/agent-frozen-no-guard'],
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
        file: 'src/ha/rules/guard.ts',
        find: "fence.guard !== 'dead' || tried",
        replace: "fence.guard !== 'dead' || !tried",
      },
    ],
    scenarios: ['failover/guard-then-agent-killed'],
  },
  {
    name: 'the lock released before PostgreSQL stops',
    edits: [
      {
        file: 'src/ha/rules/serve-request.ts',
        find: '[stopCleanly(f)], {',
        replace: "[{ kind: 'release' }, stopCleanly(f)], {",
      },
    ],
    scenarios: ['operators/switchover'],
  },
  {
    name: 'a race without asking anybody',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (!f.answers.peers) return pollAll(f);\n  const verdict = healthiest(f, call.excluded);',
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
    name: 'one vote less than the quorum',
    edits: [
      { file: 'src/ha/race/healthiest.ts', find: 'votes + own - 1 >=', replace: 'votes + own >=' },
    ],
    scenarios: ['sync/quorum-laggard'],
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
    name: 'a member outside of the failsafe list races',
    edits: [
      {
        file: 'src/ha/race/fitness.ts',
        find: "  if (isOutsideFailsafe(facts, self.name)) return 'not-in-failsafe';\n",
        replace: '',
      },
    ],
    scenarios: ['failsafe/not-listed'],
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
    name: 'a failsafe promise that is not kept',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (!race(f) || leads(f) || !isStandby(f) || !promise) return undefined;',
        replace: 'if (race(f) || !promise) return undefined;',
      },
    ],
    scenarios: ['failsafe/then-isolated'],
  },
  {
    name: 'a failsafe promise of a moment',
    edits: [
      {
        file: 'src/ha/failsafe.ts',
        find: 'return Math.max(ttlSeconds, COMMON_SECONDS);',
        replace: 'return 1 + 0 * ttlSeconds;',
      },
    ],
    scenarios: ['failsafe/then-isolated'],
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
    name: 'a retry at once',
    edits: [
      {
        file: 'src/ha/rules/backing-off.ts',
        find: 'return now + Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));',
        replace: 'return now - failures;',
      },
    ],
    scenarios: ['failover/disk-full'],
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
    name: 'a primary takes the lock back, whoever led since',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: 'if ((f.postgres.timeline ?? 0) < knownTimeline(f)) {',
        replace: 'if ((f.postgres.timeline ?? 0) < 0) {',
      },
      {
        file: 'src/ha/rules/race.ts',
        find: 'if (view && !isDistrusted(f) && !maySucceed(view, f.settings, f.self.name)) {',
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
        find: 'const wentBack = another || dcs.revision < revision;',
        replace: 'const wentBack = another && dcs.revision < 0 * revision;',
      },
      {
        file: 'src/ha/race/healthiest.ts',
        find: "isPrimaryRole(status.role) && status.state === 'running'",
        replace: "isPrimaryRole(status.role) && status.state === 'never'",
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off'],
  },
  {
    name: 'names changed before /sync',
    edits: [
      {
        file: 'src/ha/sync/plan-sync.ts',
        find: 'if (view.sync) return writing(facts, view, undefined);',
        replace: '',
      },
    ],
    scenarios: ['sync/turned-on-and-off'],
  },
  {
    name: 'a rewind of what was not stopped cleanly',
    edits: [
      {
        file: 'src/ha/rules/rejoin.ts',
        find: 'if (!CLEAN.includes(f.postgres.controlState)) return makeClean(f);',
        replace: '',
      },
      {
        file: 'src/ha/rules/down.ts',
        find: 'const crashed = CRASHED.includes(f.postgres.controlState);',
        replace: 'const crashed = false;',
      },
    ],
    scenarios: ['rejoin/rewind'],
  },
  {
    name: 'the guard disarmed while it is needed',
    edits: [
      {
        file: 'src/ha/rules/leading.ts',
        find: 'f.postgres.checkpointedSincePromote ? []',
        replace: "f.postgres.checkpointedSincePromote ? [{ kind: 'disarm' }]",
      },
    ],
    scenarios: ['failover/agent-killed'],
  },
  {
    name: 'a position that is never published',
    edits: [
      {
        file: 'src/ha/housekeeping/status.ts',
        find: 'lastLsn: seen ? postgres.lsn : view.status.lastLsn',
        replace: 'lastLsn: 0',
      },
    ],
    scenarios: ['failover/only-lagging-left'],
  },
  {
    name: 'nobody starts a standby',
    edits: [
      {
        file: 'src/ha/rules/down.ts',
        find: 'if (!down(f)) return undefined;\n      const actions',
        replace: 'if (down(f)) return undefined;\n      const actions',
      },
    ],
    scenarios: ['failover/host-crash'],
  },
  {
    name: 'a lock that is kept after stopping',
    edits: [
      {
        file: 'src/ha/rules/down.ts',
        find: 'if (!down(f) || !steppingDown ||',
        replace: 'if (down(f) || !steppingDown ||',
      },
    ],
    scenarios: ['operators/switchover'],
  },
  {
    name: 'more WAL elsewhere ignored',
    edits: [
      {
        file: 'src/ha/race/healthiest.ts',
        find: 'if (compareStanding(standing, ownStanding(facts)) > 0) {',
        replace: "if (name === '' && compareStanding(standing, ownStanding(facts)) > 0) {",
      },
    ],
    scenarios: ['sync/quorum-behind'],
  },
  {
    name: 'a lock in a restored store is trusted',
    edits: [
      {
        file: 'src/ha/rules/resuming.ts',
        find: 'inDoubt(f) && !isDistrusted(f) && (asked || lockWon || isRunningPrimary(f))',
        replace: 'inDoubt(f) && (asked || lockWon || isRunningPrimary(f) || true)',
      },
    ],
    scenarios: ['dcs/restored-leader-cut-off'],
  },
  {
    name: 'a member without a copy waits for ever',
    edits: [
      {
        file: 'src/ha/rules/bootstrap.ts',
        find: 'if (!from) return undefined;\n      const role',
        replace: 'if (from || !from) return undefined;\n      const role',
      },
    ],
    scenarios: ['bootstrap/race'],
  },
  {
    name: 'a standby that gets no WAL says nothing',
    edits: [
      {
        file: 'src/ha/recall.ts',
        find: '    stuck,\n    bootstrapping: false',
        replace: '    bootstrapping: false',
      },
    ],
    scenarios: ['rejoin/cascade'],
    seeds: [497, 383, 92],
  },
  {
    name: 'a new cluster beside a member that has data and is down',
    edits: [
      {
        file: 'src/ha/rules/bootstrap.ts',
        find: "return state === 'running' || (role !== '' && role !== 'uninitialized');",
        replace: "return state === 'running' && role !== '';",
      },
    ],
    scenarios: [],
    seeds: [500098],
  },
  {
    name: 'a promotion that claims no timeline',
    edits: [
      {
        file: 'src/ha/rules/race.ts',
        find: "      { kind: 'write', document: timelineClaim(f) },\n",
        replace: '',
      },
    ],
    scenarios: [],
    seeds: [501994],
  },
  {
    name: 'whoever may not lead for want of a place in /failsafe is waited for',
    edits: [
      {
        file: 'src/ha/race/electorate.ts',
        find: ' || isOutsideFailsafe(facts, name)',
        replace: '',
      },
    ],
    scenarios: [],
    seeds: [700855],
  },
  {
    name: 'the rules of a leader deleted',
    edits: [{ file: 'src/ha/decide.ts', find: '  ...LEADING,\n', replace: '' }],
    scenarios: ['failover/host-crash'],
  },
  {
    name: 'compare-and-set replaced by put',
    edits: [
      {
        file: 'src/agent/write-request.ts',
        find: 'value: textOf(document), guard, asLeader',
        replace: "value: textOf(document), guard: 'any' as const, asLeader",
      },
    ],
    scenarios: ['bootstrap/race'],
  },
];
