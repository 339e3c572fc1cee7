import { expect, it } from 'vitest';
import { terminalPrompt } from '../../../src/system/terminal-prompt.ts';

const { signal } = new AbortController();

it.each([false, true])(
  'without a terminal every question names its flag (dumb: %s)',
  async (dumb) => {
    const prompt = terminalPrompt({ interactive: false, dumb, signal });
    const question = { message: 'Which one? ', flag: '--one' };
    for (const ask of [prompt.text, prompt.confirm, prompt.password]) {
      await expect(ask(question)).rejects.toMatchObject({
        name: 'Refusal',
        code: 'no-terminal',
        message: 'An answer is needed and there is no terminal to ask: Which one?',
        hint: 'pass --one',
        exitCode: 1,
      });
    }
  },
);
