import type { SlotView } from '../../../../src/model/postgres.ts';

/** A physical slot without a consumer, unless told otherwise. */
export function physical(name: string, change: Partial<SlotView> = {}): SlotView {
  return {
    name,
    type: 'physical',
    active: false,
    database: undefined,
    plugin: undefined,
    restartLsn: 500,
    confirmedFlushLsn: undefined,
    holdsXmin: false,
    ...change,
  };
}

/** A logical slot without a consumer, unless told otherwise. */
export function logical(name: string, change: Partial<SlotView> = {}): SlotView {
  return physical(name, {
    type: 'logical',
    database: 'app',
    plugin: 'pgoutput',
    restartLsn: 400,
    confirmedFlushLsn: 500,
    ...change,
  });
}
