/**
 * Parameters of recovery, which a standby has and a primary has not (manual, "Archive Recovery",
 * "Recovery Target", "Standby Servers"; with those that only older versions have).
 */
const RECOVERY: ReadonlySet<string> = new Set([
  'archive_cleanup_command',
  'pause_at_recovery_target',
  'primary_conninfo',
  'primary_slot_name',
  'promote_trigger_file',
  'recovery_end_command',
  'recovery_min_apply_delay',
  'recovery_target',
  'recovery_target_action',
  'recovery_target_inclusive',
  'recovery_target_lsn',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_timeline',
  'recovery_target_xid',
  'restore_command',
  'standby_mode',
  'trigger_file',
]);

/** True for a parameter of recovery, in any case. */
export function isRecoveryParameter(name: string): boolean {
  return RECOVERY.has(name.toLowerCase());
}
