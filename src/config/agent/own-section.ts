import { resolve } from 'node:path';
import { printable } from '../../system/text.ts';
import type { AgentSettings } from '../agent-settings.ts';
import { pythonScalar } from '../python-scalar.ts';
import { type Section, sectionIn, textIn, valueIn, wrongValue } from '../section.ts';

type OwnSettings = Pick<AgentSettings, 'fence' | 'stateDir'>;

const KEYS = ['fence', 'state_dir'];

/** Reads `pgherd`, the section that Patroni ignores. Throws a `Refusal`, also for unknown keys. */
export function readOwnSection(config: Section, cwd: string): OwnSettings {
  const section = sectionIn(config, 'pgherd') ?? { name: 'pgherd', values: {} };
  const unknown = Object.keys(section.values).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw wrongValue(section, unknown, `is unknown: there are ${KEYS.join(' and ')}`);
  }
  const stateDir = textIn(section, 'state_dir');
  return {
    fence: readFence(section),
    stateDir: stateDir === undefined ? undefined : resolve(cwd, stateDir),
  };
}

function readFence(section: Section): OwnSettings['fence'] {
  const value = valueIn(section, 'fence') ?? 'required';
  // `off` without quotes is a boolean.
  const word = value === false ? 'off' : pythonScalar(value);
  if (word === 'required' || word === 'preferred' || word === 'off') return word;
  const shown = printable(word ?? 'a list or a map');
  throw wrongValue(section, 'fence', `is ${shown}: it must be required, preferred or off`);
}
