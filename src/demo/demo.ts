import { done, failed, type Result } from '../ctl/result.ts';
import type { Session } from '../ctl/session.ts';
import { Interrupted, Refusal } from '../model/errors.ts';
import { play } from './play.ts';
import { say, script } from './script.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';
import { type Summary, summaryText } from './words.ts';

export interface DemoOptions extends StageOptions {
  /** `script`: the whole story, then the end. `play`: until Ctrl-C. Undefined: as fits. */
  readonly mode: 'script' | 'play' | undefined;
}

const MOST_NODES = 7;

/**
 * A whole cluster on this machine, for trying out. Where nobody sits at a terminal it is the script
 * unless the other one is asked for. `done` with a summary when no acknowledged write is lost.
 */
export async function demo(session: Session, given: DemoOptions): Promise<Result> {
  const { io } = session;
  const mode = given.mode ?? (io.interactive && !io.json ? 'play' : 'script');
  // Without it a failover may lose what was acknowledged last, and the story has one.
  const options = mode === 'script' ? { ...given, sync: true } : given;
  refuseNonsense(options, mode, io.json);
  io.err('For trying out, never for production: the store is one process, in memory.');
  const run = async (stage: Stage): Promise<Summary> => {
    introduce(session, stage);
    return mode === 'script' ? script(session, stage) : play(session, stage);
  };
  const summary = await onStage(session, options, run).catch((error: unknown) => {
    if (session.signal.aborted) throw new Interrupted(goodbye(options));
    throw error;
  });
  io.out(`\n${summaryText(summary)}\n\n${goodbye(options)} (${summary.seconds} s).`);
  if (summary.lost === 0) return done(summary);
  return failed(summary, {
    code: 'writes-lost',
    message: `${summary.lost} of ${summary.acknowledged} acknowledged writes are not there`,
    hint: 'that must not be: please report it, with the logs that --keep leaves',
  });
}

function refuseNonsense(options: StageOptions, mode: 'script' | 'play', json: boolean): void {
  const least = mode === 'script' ? 2 : 1;
  if (!(options.nodes >= least && options.nodes <= MOST_NODES)) {
    const why = mode === 'script' ? 'a failover needs another node' : 'they share this machine';
    throw new Refusal('usage', `--nodes wants a number from ${least} to ${MOST_NODES}`, {
      hint: why,
      usage: true,
    });
  }
  if (json && mode === 'play') {
    throw new Refusal('usage', '--json prints one document at the end, and --play has none', {
      usage: true,
    });
  }
}

function introduce(session: Session, { plan, user }: Stage): void {
  const who = user ? `, as the user ${user.name}` : '';
  const nodes = plan.nodes.length === 1 ? 'one node' : `${plan.nodes.length} nodes`;
  say(
    session,
    `A store on ${plan.store}, and ${nodes} with PostgreSQL from ${plan.binDir}${who}, ` +
      `in ${plan.directory}`,
  );
}

function goodbye({ keep }: StageOptions): string {
  return keep
    ? 'The servers are stopped; their directory stays'
    : 'The servers are stopped, and their directory is removed';
}
