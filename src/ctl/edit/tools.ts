import { type EditedFile, type EditorOptions, openEditor } from '../../system/editor.ts';
import { page } from '../../system/pager.ts';
import { readText } from '../../system/read-text.ts';

/** The programs and files that an edit needs: a test gives its own. */
export interface EditTools {
  openEditor(options: EditorOptions): EditedFile;
  /** Shows a text that is longer than the screen; false: it was not shown, print it. */
  page(text: string, env: EditorOptions['env']): Promise<boolean>;
  /** The text of a file, of stdin when it is `-`. */
  readText(file: string, signal: AbortSignal): Promise<string>;
}

/** The real ones. */
export const systemTools: EditTools = {
  openEditor,
  // No rows: stdout is not a terminal.
  page: (text, env) => page(text, { env, rows: process.stdout.rows }),
  readText,
};
