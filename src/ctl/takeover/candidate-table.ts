import type { Candidate } from '../../ha/candidates.ts';
import { printable } from '../../system/text.ts';
import { byteSize } from '../render/byte-size.ts';
import { renderTable } from '../render/table.ts';
import { reasonsText } from './texts.ts';

/** The `--json` form of a candidate. */
export function candidateData(candidate: Candidate) {
  return {
    member: candidate.name,
    canTakeOver: candidate.can,
    reasons: candidate.reasons.map((reason) => ({
      code: reason.code,
      blocks: reason.blocks,
      message: reasonsText({ ...candidate, reasons: [reason] }),
    })),
    state: candidate.state,
    timeline: candidate.timeline,
    lagBytes: candidate.lagBytes,
    lagSeconds: candidate.lagSeconds,
    synchronous: candidate.synchronous,
    failoverPriority: candidate.priority,
  };
}

/** Every member but the leader, whether it can take over, and why not. No newline at the end. */
export function candidateTable(candidates: readonly Candidate[]): string {
  const withSync = candidates.some(({ synchronous }) => synchronous !== null);
  const columns = ['Candidate', 'Can take over', 'State', 'TL', 'Lag', 'Lag in s'];
  return renderTable({
    columns: [...columns, ...(withSync ? ['Sync'] : []), 'Reason'],
    alignment: ['l', 'l', 'l', 'r', 'r', 'r', ...(withSync ? (['l'] as const) : []), 'l'],
    rows: candidates.map((candidate) => [
      printable(candidate.name),
      candidate.can ? 'yes' : 'no',
      printable(candidate.state),
      known(candidate.timeline),
      candidate.lagBytes === null ? 'unknown' : byteSize(candidate.lagBytes),
      known(candidate.lagSeconds),
      ...(withSync ? [candidate.synchronous ? 'yes' : 'no'] : []),
      reasonsText(candidate),
    ]),
  });
}

function known(value: number | null): string {
  return value === null ? 'unknown' : String(value);
}
