import { Command, Flags, type Interfaces } from '@oclif/core';
import { lastValues, repeatable, usageSentence } from '../ctl/command-line/parsing.ts';
import { perform, reportUsage } from '../ctl/perform.ts';
import type { Result } from '../ctl/result.ts';
import type { Session } from '../ctl/session.ts';

/** Patroni's top-level options: accepted before and after the command's name. */
export const GLOBAL_FLAGS = {
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

/** The global flags as oclif hands them over. */
interface GlobalFlagValues {
  readonly 'config-file'?: string | undefined;
  readonly 'dcs-url'?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What every command shares: the global flags, and how a use-case is run. No domain words here. */
export abstract class BaseCommand extends Command {
  static override baseFlags = GLOBAL_FLAGS;

  /** Runs the use-case in a session and sets the exit code from its result. */
  protected async perform(
    flags: GlobalFlagValues,
    useCase: (session: Session) => Promise<Result>,
  ): Promise<void> {
    // Should Node find nothing left to wait for before there is a result: that is no success.
    process.exitCode = 1;
    process.exitCode = await perform(
      {
        command: this.id ?? '',
        configFile: flags['config-file'],
        dcsUrl: flags['dcs-url'],
        insecure: flags.insecure ?? false,
        json: flags.json ?? false,
      },
      useCase,
    );
    leave();
  }

  /** Parses as click does: of an option that is given twice, the last one counts. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options: Interfaces.Input<F, B, A>): Promise<Interfaces.ParserOutput<F, B, A>> {
    const flags = { ...options.baseFlags, ...options.flags };
    const again = { ...options, flags: repeatable(flags) } as Interfaces.Input<F, B, A>;
    const parsed = await super.parse(again);
    return { ...parsed, flags: lastValues(flags, parsed.flags) };
  }

  /** Wrong usage, found by oclif while it parses: exit code 2, the envelope under `--json`. */
  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    if (error.oclif?.exit === 0) throw error;
    const message = usageSentence(error);
    process.exitCode = reportUsage(this.id ?? '', this.argv.includes('--json'), message);
  }
}

/** How long what is left may keep the process after the last word. */
const GRACE_MS = 200;

/**
 * Ends the process, unless it ends by itself before: whatever a library leaves open must not hang a
 * job. Not before all has been written. (Only a look-up in the system's resolver outlasts this.)
 */
function leave(): void {
  const ended = (): void => {
    const unwritten = process.stdout.writableLength + process.stderr.writableLength;
    if (unwritten > 0) leave();
    else process.exit();
  };
  setTimeout(ended, GRACE_MS).unref();
}
