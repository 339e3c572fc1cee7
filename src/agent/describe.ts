import type { JobSpec } from '../ha/job.ts';
import type { Action } from '../ha/plan.ts';

/** A deed in a few words, for the log. */
export function describe(action: Action): string {
  if (action.kind === 'job') return describeJob(action.job);
  if (action.kind === 'write') return `write ${action.document.name}`;
  if (action.kind === 'follow') return `follow ${action.source?.name ?? 'nobody'}`;
  if (action.kind === 'exit') return `exit ${action.code}: ${action.why}`;
  return action.kind;
}

function describeJob(spec: JobSpec): string {
  if (spec.kind === 'start') return `start as ${spec.as}`;
  if (spec.kind === 'stop') return `stop ${spec.mode}`;
  return spec.kind;
}
