import { dumpJson } from '../../model/python.ts';

/** JSON as Python's `json.dumps` prints it by default: one line, a blank behind `,` and `:`. */
export function pythonJson(value: unknown): string {
  return dumpJson(value, { item: ', ', key: ': ' });
}
