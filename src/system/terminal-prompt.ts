import { Interrupted, Refusal } from '../model/errors.ts';
import { askHidden, askLine } from './dumb-prompt.ts';
import type { Prompt, Question } from './prompt.ts';
import { printable } from './text.ts';

/** Names of the errors by which a prompt says that the person wants no more of it. */
const INTERRUPTIONS: ReadonlySet<string> = new Set([
  'ExitPromptError',
  'AbortPromptError',
  'Interrupted',
]);

/** How the prompts may reach the person. */
export interface PromptOptions {
  readonly interactive: boolean;
  /** A terminal that cannot move its cursor (`TERM=dumb`): plain lines only. */
  readonly dumb: boolean;
  readonly signal: AbortSignal;
}

/**
 * Prompts on the terminal: questions go to stderr, so that stdout stays clean. Without a terminal
 * every question is a `Refusal` that names the flag to pass. Ctrl-C rejects with `Interrupted`.
 */
export function terminalPrompt(options: PromptOptions): Prompt {
  const ask = async <Answer>(question: Question, open: () => Promise<Answer>): Promise<Answer> => {
    if (!options.interactive) throw noTerminal(question);
    try {
      return await open();
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      if (INTERRUPTIONS.has(name) || options.signal.aborted) {
        throw new Interrupted('Interrupted: nothing was changed');
      }
      throw error;
    }
  };
  const context = { output: process.stderr, signal: options.signal };
  return {
    text: (question) =>
      ask(question, async () => {
        const { message, initial } = question;
        // It is shown, and may be text from outside: a member's name.
        const shown = initial === undefined ? undefined : printable(initial);
        const answer = options.dumb
          ? await askLine(message, shown, options.signal)
          : await askInput(message, shown, context);
        return answer === shown ? (initial ?? '') : answer;
      }),
    confirm: (question) =>
      ask(question, async () => {
        if (options.dumb) {
          const answer = await askLine(`${question.message} [y/N]`, '', options.signal);
          return /^y(es)?$/i.test(answer.trim());
        }
        const { confirm } = await import('@inquirer/prompts');
        return confirm({ message: question.message, default: false }, context);
      }),
    password: (question) =>
      ask(question, async () => {
        if (options.dumb) return askHidden(question.message, options.signal);
        const { password } = await import('@inquirer/prompts');
        return password({ message: question.message }, context);
      }),
  };
}

async function askInput(
  message: string,
  initial: string | undefined,
  context: { output: NodeJS.WriteStream; signal: AbortSignal },
): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  const config = { message, required: initial === undefined };
  const answer = await input({ ...config, ...(initial ? { default: initial } : {}) }, context);
  return answer || (initial ?? '');
}

function noTerminal(question: Question): Refusal {
  const asked = question.message.trimEnd();
  const message = `An answer is needed and there is no terminal to ask: ${asked}`;
  return new Refusal('no-terminal', message, { hint: `pass ${question.flag}` });
}
