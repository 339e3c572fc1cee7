/** What Patroni 4.1 decides, function by function, and where pgherd does the same. */

/** The methods of class `Ha` in Patroni 4.1.5's ha.py, in the order in which they stand there. */
export const HA_METHODS: readonly string[] = `
  __init__ primary_stop_timeout is_paused check_timeline is_standby_cluster is_leader set_is_leader
  sync_mode_is_active quorum_commit_mode_is_active _get_failover_action_name load_cluster_from_dcs
  acquire_lock _failsafe_config update_lock has_lock get_effective_tags notify_mpp_coordinator
  touch_member clone bootstrap bootstrap_standby_leader _handle_crash_recovery
  _handle_rewind_or_reinitialize recover _get_node_to_follow follow is_synchronous_mode
  is_quorum_commit_mode is_failsafe_mode _maybe_enable_synchronous_mode
  disable_synchronous_replication _process_quorum_replication _process_multisync_replication
  process_sync_replication process_sync_replication_prepromote is_sync_standby
  while_not_sync_standby update_cluster_history enforce_follow_remote_member enforce_primary_role
  fetch_node_status fetch_nodes_statuses update_failsafe failsafe_is_active call_failsafe_member
  check_failsafe_topology is_lagging _is_healthiest_node is_failover_possible
  manual_failover_process_no_leader is_healthiest_node _delete_leader
  release_leader_key_voluntarily demote should_run_scheduled_action
  process_manual_failover_from_leader process_unhealthy_cluster process_healthy_cluster
  evaluate_scheduled_restart restart_matches schedule_future_restart delete_future_restart
  future_restart_scheduled restart_scheduled restart _do_reinitialize reinitialize
  handle_long_action_in_progress sysid_valid post_recover cancel_initialization post_bootstrap
  handle_starting_instance set_start_timeout _run_cycle _handle_dcs_error _sync_replication_slots
  run_cycle shutdown watch wakeup get_remote_member get_failover_candidates`
  .trim()
  .split(/\s+/);

/** Methods of `Ha` that no rule has a part of, or that have more to say than their rules. */
export const HA_NOTES: Readonly<Record<string, string>> = {
  __init__: 'its fields are `Memory` (`src/ha/memory.ts`), `Job` and `Orders`',
  primary_stop_timeout: '`primaryStopTimeout` of `src/model/settings.ts`',
  is_paused: '`pause` of `src/model/settings.ts`; the rules of phase paused come from it',
  check_timeline: '`checkTimeline` of `src/model/settings.ts`',
  is_standby_cluster: '`standbyCluster` of `src/model/settings.ts`',
  is_leader: 'a lease with an end instead of a flag: `leads` in `src/ha/lease.ts`',
  set_is_leader: '`memory.leaseUntil`, set by `src/ha/answers.ts` from the time of sending',
  sync_mode_is_active: '`syncBinds` in `src/ha/sync/membership.ts`',
  quorum_commit_mode_is_active: '`quorumOf` in `src/ha/sync/membership.ts`',
  _get_failover_action_name:
    'texts only; the difference of switchover and failover is in the rules',
  load_cluster_from_dcs: '`src/agent/observe.ts`, and `memory.healthyView`',
  acquire_lock: 'the question `acquire`; one step with the check that `/sync` is as it was seen',
  _failsafe_config: '`failsafeDocument` in `src/ha/housekeeping/status.ts`',
  update_lock: 'the question `renew`; `leaderStatus` in `src/ha/housekeeping/status.ts`',
  has_lock: '`ownsLock` of `src/ha/facts.ts`: by session and not by name alone',
  get_effective_tags: '`memberDocument` in `src/ha/housekeeping/member-document.ts`',
  notify_mpp_coordinator: 'Citus: the agent does not manage Citus clusters yet',
  touch_member: '`memberDocument` in `src/ha/housekeeping/member-document.ts`, sent by `maintain`',
  is_synchronous_mode: '`synchronousMode` of `src/model/settings.ts`',
  is_quorum_commit_mode: '`synchronousMode` of `src/model/settings.ts`',
  is_failsafe_mode: '`failsafeMode` of `src/model/settings.ts`',
  _maybe_enable_synchronous_mode: '`planSync` in `src/ha/sync/plan-sync.ts`: one step a tick',
  disable_synchronous_replication: '`planSync` in `src/ha/sync/plan-sync.ts`, mode off',
  _process_quorum_replication: '`planSync`, over the resolver of `src/ha/sync/quorum.ts`',
  _process_multisync_replication: '`planSync` in `src/ha/sync/plan-sync.ts`, mode on',
  process_sync_replication: '`planSync` in `src/ha/sync/plan-sync.ts`',
  process_sync_replication_prepromote: '`prepareSync` in `src/ha/sync/`: before every promotion',
  is_sync_standby: '`maySucceed` in `src/ha/sync/membership.ts`',
  while_not_sync_standby:
    '`leaveSync` in `src/ha/planned/leave-sync.ts`, before a restart; not done yet at the end of' +
    ' the agent',
  update_cluster_history: '`historyUpdate` in `src/ha/housekeeping/history.ts`',
  fetch_node_status: 'the question `poll`, asked by `src/agent/ask.ts`',
  fetch_nodes_statuses: 'the question `poll`: all members in parallel',
  update_failsafe: '`src/ha/failsafe.ts`, called by `receiveFailsafe` of `src/agent/agent.ts`',
  failsafe_is_active: '`memory.failsafeActive` and `memory.failsafePromise`',
  call_failsafe_member: 'the question `failsafe`, asked by `src/agent/ask.ts`',
  check_failsafe_topology: 'the question `failsafe`; an agreement extends the lease',
  _delete_leader: 'the action `release` with the WAL position for the successor',
  release_leader_key_voluntarily: 'the action `release`',
  should_run_scheduled_action: 'schedules are compared with `facts.wall`; `wakeAt` wakes in time',
  restart_matches: 'the conditions of a `RestartOrder` (`src/ha/orders.ts`)',
  schedule_future_restart: 'an order: `scheduledRestart` of `src/ha/orders.ts`',
  delete_future_restart: 'an order: `scheduledRestart` of `src/ha/orders.ts`',
  future_restart_scheduled: 'an order: `scheduledRestart` of `src/ha/orders.ts`',
  restart_scheduled: 'an order: `restart` of `src/ha/orders.ts`',
  reinitialize: 'an order: `reinitialize` of `src/ha/orders.ts`',
  sysid_valid: '`systemId` of `src/model/postgres.ts`; undefined when there is none',
  set_start_timeout: '`memory.startTimeout`',
  _run_cycle: 'the ordered rules themselves: `src/ha/decide.ts`',
  _handle_dcs_error: 'the rules of phase unreachable',
  _sync_replication_slots: '`planSlots` in `src/ha/slots/`, called by `src/ha/maintain.ts`',
  run_cycle: '`src/agent/agent.ts`: an internal error acts as a DCS that cannot be reached',
  shutdown: 'the order `shutdown`: a hand-over like a switchover',
  watch: '`src/agent/wake.ts`',
  wakeup: '`src/agent/wake.ts`',
  get_failover_candidates: '`electorate` in `src/ha/race/electorate.ts`; `src/ha/candidates.ts`',
  get_remote_member: '`remotePrimary` of `src/model/settings.ts`',
};

/** What is decided outside of class `Ha`: Patroni's place, and ours. */
export const ELSEWHERE: readonly (readonly [string, string])[] = [
  ['ha.py `Failsafe`', '`memory.failsafePromise`; `src/ha/failsafe.ts`'],
  [
    'ha.py `_MemberStatus.failover_limitation`',
    '`src/ha/candidates.ts`, and the rules of the race',
  ],
  ['quorum.py `QuorumStateResolver`', '`src/ha/sync/quorum.ts`'],
  [
    'postgresql/sync.py `SyncHandler.current_state`',
    '`src/ha/sync/`: who is eligible, in which order',
  ],
  [
    'postgresql/sync.py `_process_replica_readiness`',
    '`memory.syncNamesSetAt`: confirmed or not yet',
  ],
  ['postgresql/slots.py `sync_replication_slots`', '`planSlots` in `src/ha/slots/`'],
  ['postgresql/slots.py `copy_logical_slots`', 'the job `copy-slots`; which ones: `src/ha/slots/`'],
  ['dcs/__init__.py `get_replication_slots`', '`src/ha/slots/`: which slots are wanted'],
  ['dcs/__init__.py `Status`, `retain_slots`', '`src/ha/housekeeping/status.ts`'],
  [
    'postgresql/rewind.py `_check_timeline_and_lsn`',
    'the question `inspect`; histories are compared',
  ],
  ['postgresql/rewind.py `ensure_checkpoint_after_promote`', 'the action `checkpoint`'],
  ['postgresql/rewind.py `ensure_clean_shutdown`', 'the job `crash-recovery`'],
  ['tags.py', '`src/model/tags.ts`'],
  ['global_config.py', '`src/wire/config.ts` → `src/model/settings.ts`'],
  ['async_executor.py `AsyncExecutor`', 'the one `Job`: `src/ha/job.ts`, `src/agent/jobs.ts`'],
  [
    'watchdog/base.py `Watchdog`',
    'the guard: `Fence` of `src/agent/ports.ts`, and `src/ha/lease.ts`',
  ],
];
