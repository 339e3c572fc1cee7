import { expect, it, vi } from 'vitest';
import { terminalPrompt } from '../../../src/system/terminal-prompt.ts';

const shown: unknown[] = [];
vi.mock('@inquirer/prompts', () => ({
  input: async (config: { default?: string }) => {
    shown.push(config.default);
    return config.default ?? '';
  },
}));

it('an answer that is proposed cannot steer the terminal, and is taken as it is', async () => {
  const { signal } = new AbortController();
  const prompt = terminalPrompt({ interactive: true, dumb: false, signal });
  const question = { message: 'Primary', flag: '--leader', initial: 'pg\u001b[2J1' };
  expect(await prompt.text(question)).toBe('pg\u001b[2J1');
  expect(shown).toEqual(['pg\\x1b[2J1']);
});
