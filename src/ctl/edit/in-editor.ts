import { Refusal } from '../../model/errors.ts';
import type { EditedFile } from '../../system/editor.ts';
import { printableLines } from '../../system/text.ts';
import type { Session } from '../session.ts';
import type { ConfigMap } from './change.ts';
import { hasComments, readConfig } from './read-config.ts';

/** Lines that pgherd puts above the text when it is opened again. */
const OWN_LINE = /^# pgherd:.*(?:\n|$)/gm;

/**
 * Lets a person edit `text` until it is a configuration against which `objections` has nothing to
 * say, or until they give up, which is a `Refusal`. Their text is never thrown away: it is opened
 * again with the mistakes above it, and it stays in the file.
 */
export async function editUntilGood(
  session: Session,
  file: EditedFile,
  task: {
    readonly text: string;
    readonly objections: (config: ConfigMap) => Promise<readonly string[]>;
  },
): Promise<ConfigMap> {
  let text = task.text;
  for (;;) {
    text = (await file.edit(text)).replace(OWN_LINE, '');
    const { config, mistakes } = await examine(text, task.objections);
    if (config && mistakes.length === 0) {
      if (hasComments(text)) {
        session.io.warn('Comments cannot be stored in the DCS: they are left out');
      }
      return config;
    }
    for (const mistake of mistakes) session.io.err(printableLines(mistake));
    const question = { message: 'Edit again?', flag: '--set or --apply' };
    if (!(await session.prompt.confirm(question))) {
      throw new Refusal(
        'invalid-config',
        'The edited configuration is not valid: nothing was changed',
      );
    }
    text = `${header(mistakes)}${text}`;
  }
}

async function examine(
  text: string,
  objections: (config: ConfigMap) => Promise<readonly string[]>,
): Promise<{ config?: ConfigMap; mistakes: readonly string[] }> {
  try {
    const config = readConfig(text, 'The edited text');
    return { config, mistakes: await objections(config) };
  } catch (error) {
    if (error instanceof Refusal) return { mistakes: [error.message] };
    throw error;
  }
}

function header(mistakes: readonly string[]): string {
  const lines = mistakes.flatMap((mistake) => mistake.split('\n'));
  const notice = 'lines like this one are removed, and do not count in line numbers';
  return [...lines, notice].map((line) => `# pgherd: ${line}\n`).join('');
}
