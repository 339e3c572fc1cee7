import { Refusal } from '../model/errors.ts';
import { printable } from '../system/text.ts';
import { type AgentCommand, readArguments } from './arguments.ts';

/**
 * `pgherd agent …`: runs the agent, or what else the arguments ask for, and sets the exit code. A
 * refusal is one sentence on stderr, with a hint where one helps.
 */
export async function agentMain(argv: readonly string[]): Promise<void> {
  // Should Node find nothing left to wait for before there is a result: that is no success.
  process.exitCode = 1;
  try {
    process.exitCode = await carryOut(readArguments(argv));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`Error: ${printable(error.message)}\n`);
    if (error.hint !== undefined) process.stderr.write(`HINT: ${printable(error.hint)}\n`);
    process.exitCode = error.exitCode;
  }
}

/** Each way is loaded only when it is gone: a running agent holds no more than it needs. */
async function carryOut(command: AgentCommand): Promise<number> {
  switch (command.kind) {
    case 'run': {
      const { runAgent } = await import('./run-agent.ts');
      return runAgent(command.configFile);
    }
  }
}
