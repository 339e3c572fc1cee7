import type { ToolOption } from '../../model/postgres-config.ts';

/** Options as arguments, and one sentence for each that is left out. */
export interface ToolArguments {
  readonly args: readonly string[];
  readonly refused: readonly string[];
}

/**
 * The configured options of a PostgreSQL program as its arguments, without those that would change
 * what it is called for.
 */
export function toolArguments(
  tool: string,
  options: readonly ToolOption[],
  forbidden: readonly string[],
): ToolArguments {
  const args: string[] = [];
  const refused: string[] = [];
  for (const { name, value } of options) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || forbidden.includes(name)) {
      refused.push(`${name} option for ${tool} is not allowed`);
    } else {
      args.push(value === undefined ? `--${name}` : `--${name}=${value}`);
    }
  }
  return { args, refused };
}
