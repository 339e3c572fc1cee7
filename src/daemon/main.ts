import { Refusal } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { printable } from '../system/text.ts';
import { type AgentCommand, readArguments } from './arguments.ts';
import type { GenerateOptions } from './generate/generate-config.ts';

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
    case 'validate-config': {
      const { validateConfig } = await import('./validate/validate-config.ts');
      const { readAgentConfig } = await import('../config/agent/load.ts');
      const { configFile, ignoreListenPort, print } = command;
      const local = await readAgentConfig({ ...present({ configFile }), env: process.env });
      return validateConfig({ local, ignoreListenPort, print, io: STREAMS });
    }
    case 'generate-sample-config':
      return generate({ kind: 'sample', file: command.file });
    case 'generate-config':
      return generate({ kind: 'running', file: command.file, ...present({ dsn: command.dsn }) });
  }
}

const STREAMS = {
  out: (text: string) => void process.stdout.write(`${text}\n`),
  err: (text: string) => void process.stderr.write(`${text}\n`),
};

async function generate(what: Pick<GenerateOptions, 'kind' | 'file' | 'dsn'>): Promise<number> {
  const { generateConfig } = await import('./generate/generate-config.ts');
  return generateConfig({ ...what, env: process.env, io: { ...STREAMS, askPassword } });
}

/** Without a terminal nobody could answer: that is a refusal, at once. */
async function askPassword(message: string): Promise<string> {
  const { terminalPrompt } = await import('../system/terminal-prompt.ts');
  const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const dumb = process.env.TERM === 'dumb';
  const prompt = terminalPrompt({ interactive, dumb, signal: new AbortController().signal });
  return prompt.password({ message, flag: '--dsn or PGPASSWORD' });
}
