import type { SlotChange } from '../../../../src/ha/plan.ts';
import type { Status } from '../../../../src/model/cluster.ts';
import type { Settings } from '../../../../src/model/settings.ts';
import { physical } from './slot-views.ts';

// The words in which the tests of slots speak.

export const ACTIVE = { active: true };
/** The slots of both standbys, in use. */
export const IN_USE = [physical('pg2', ACTIVE), physical('pg3', ACTIVE)];

export const settingsOf = (settings: Partial<Settings>) => ({ settings });

export const statusOf = (slots: Status['slots'], retainSlots: string[] = []): Status => ({
  lastLsn: 1000,
  slots,
  retainSlots,
});

export const create = (name: string): SlotChange => ({
  kind: 'create',
  name,
  type: 'physical',
  reserve: true,
});

export const drop = (name: string): SlotChange => ({ kind: 'drop', name });

export const advance = (name: string, lsn: number): SlotChange => ({ kind: 'advance', name, lsn });
