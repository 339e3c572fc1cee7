import { printable } from '../../system/text.ts';
import type { WatchdogSettings } from '../agent-settings.ts';
import { pythonScalar } from '../python-scalar.ts';
import { integerIn, type Section, sectionIn, textIn, valueIn } from '../section.ts';

const MODES: Readonly<Record<string, WatchdogSettings['mode']>> = {
  // `off` without quotes is a boolean.
  false: 'off',
  off: 'off',
  disable: 'off',
  disabled: 'off',
  auto: 'automatic',
  automatic: 'automatic',
  require: 'required',
  required: 'required',
};

/**
 * Reads `watchdog` as Patroni does (its watchdog/base.py): `automatic` when nothing is said, `off`,
 * with a warning, when the mode is none. Throws a `Refusal` for wrong types.
 */
export function readWatchdog(config: Section, warnings: string[]): WatchdogSettings {
  const section = sectionIn(config, 'watchdog') ?? { name: 'watchdog', values: {} };
  const word = (pythonScalar(valueIn(section, 'mode') ?? 'automatic') ?? '?').toLowerCase();
  const mode = Object.hasOwn(MODES, word) ? MODES[word] : undefined;
  if (mode === undefined) {
    warnings.push(`Watchdog mode ${printable(word)} not recognized, disabling watchdog`);
  }
  return {
    mode: mode ?? 'off',
    device: textIn(section, 'device') ?? '/dev/watchdog',
    safetyMargin: integerIn(section, 'safety_margin') ?? 5,
  };
}
