import { Command, Flags, type Interfaces } from '@oclif/core';
import { envelope } from '../ctl/envelope.ts';
import { openSession } from '../ctl/open-session.ts';
import { exitCodeFor, failureOf, type Result } from '../ctl/result.ts';
import type { Session } from '../ctl/session.ts';
import { Terminal } from '../system/terminal.ts';

/** Patroni's top-level options: accepted before and after the command's name. */
const GLOBAL_FLAGS = {
  'config-file': Flags.string({
    char: 'c',
    description: 'Configuration file, or a directory of them',
    env: 'PATRONICTL_CONFIG_FILE',
    helpGroup: 'GLOBAL',
  }),
  'dcs-url': Flags.string({
    char: 'd',
    aliases: ['dcs'],
    description: 'The DCS connect url, SCHEME://HOST:PORT/NAMESPACE',
    env: 'DCS_URL',
    helpGroup: 'GLOBAL',
  }),
  insecure: Flags.boolean({
    char: 'k',
    description: 'Accept any server certificate',
    helpGroup: 'GLOBAL',
  }),
  json: Flags.boolean({
    description: 'Print one versioned JSON document instead of text',
    helpGroup: 'GLOBAL',
  }),
};

type GlobalFlags = Interfaces.InferredFlags<typeof GLOBAL_FLAGS>;

/**
 * What every command shares: the global flags, a session, the `--json` envelope, and the one place
 * where an outcome becomes an exit code. It knows nothing of clusters.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = GLOBAL_FLAGS;
  static override enableJsonFlag = false;

  /** Opens a session, runs the use-case, prints the envelope if asked, and sets the exit code. */
  protected async perform(
    flags: GlobalFlags,
    useCase: (session: Session) => Promise<Result>,
  ): Promise<void> {
    const terminal = new Terminal(process, { json: flags.json ?? false });
    let result: Result;
    try {
      const session = await openSession(terminal, {
        ...(flags['config-file'] === undefined ? {} : { configFile: flags['config-file'] }),
        ...(flags['dcs-url'] === undefined ? {} : { dcsUrl: flags['dcs-url'] }),
        insecure: flags.insecure ?? false,
      });
      try {
        result = await useCase(session);
      } finally {
        await session.close();
      }
    } catch (error) {
      result = failureOf(error);
    }
    this.report(terminal, result);
  }

  private report(terminal: Terminal, result: Result): void {
    if (terminal.json) {
      const name = this.id ?? '';
      terminal.raw(`${JSON.stringify(envelope(name, result, terminal.warnings), null, 2)}\n`);
    } else if (result.error) {
      terminal.fail(result.error);
    }
    process.exitCode = exitCodeFor(result, process.env.PGHERD_COMPAT === 'patronictl');
  }
}
