import { loadAgentSettings, takePatroniVariables } from '../config/agent/load.ts';
import type { AgentSettings } from '../config/agent-settings.ts';
import { Refusal } from '../model/errors.ts';
import { Log } from '../system/log/log.ts';
import { endOnFailure } from './failures.ts';
import { becomeInit } from './init.ts';
import { NodeProgram } from './node-program.ts';
import { logContext } from './open-log.ts';
import { listenToSignals } from './signals.ts';
import { systemdNotifier } from './systemd.ts';

/** Ends the process when its last line could not be written in so many milliseconds. */
const LAST_WORDS_MS = 2000;

/**
 * Runs the agent of this node until it is told to end; returns the exit code. A `Refusal` is for the
 * caller to show.
 */
export async function runAgent(configFile: string | undefined): Promise<number> {
  const trouble = becomeInit(process);
  const env = takePatroniVariables(process.env);
  const readSettings = (): Promise<AgentSettings> =>
    loadAgentSettings({ env, ...(configFile === undefined ? {} : { configFile }) });
  const settings = await readSettings();
  refuseRoot();
  const log = new Log({ ...logContext(settings), now: Date.now });
  const own = log.logger('pgherd');
  if (trouble !== undefined) own.warning(trouble);
  for (const warning of settings.warnings) own.warning(warning);
  const notifier = systemdNotifier({ env: process.env, warn: own.warning });
  const exit = (code: number): never => {
    log.close();
    process.exit(code);
  };
  endOnFailure(process, { log: own, exit });
  try {
    const program = await NodeProgram.open({ settings, log, notifier, readSettings });
    listenToSignals(process, {
      shutdown: () => program.shutdown(),
      stopAtOnce: () => program.stopAtOnce(),
      reload: () => program.reload(),
    });
    return await program.run();
  } finally {
    log.close();
    // Whatever a library left open must not keep an agent that has ended.
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
  }
}

/** PostgreSQL refuses root, so its agent has to be its user. */
function refuseRoot(): void {
  if (process.getuid?.() !== 0) return;
  throw new Refusal('is-root', 'The agent cannot run as root, since PostgreSQL refuses to', {
    hint: 'run it as the user that owns the data directory, usually postgres',
  });
}
