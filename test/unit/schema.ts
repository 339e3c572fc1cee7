import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect } from 'vitest';
import { envelope } from '../../src/ctl/envelope.ts';
import type { Result } from '../../src/ctl/result.ts';

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });

function schema(name: string): object {
  const text = readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as object;
}

/** Fails unless the envelope of `result`, and its data, have the shape that `schemas/` promises. */
export function expectSchema(command: string, result: Result): void {
  const printed: unknown = JSON.parse(JSON.stringify(envelope(command, result, [])));
  expectShape('envelope', printed);
  expectShape(command, (printed as { data: unknown }).data);
}

/** Fails unless `value` has the shape that `schemas/NAME.schema.json` promises. */
export function expectShape(name: string, value: unknown): void {
  const document = schema(name) as { $id: string };
  const validate = ajv.getSchema(document.$id) ?? ajv.compile(document);
  expect(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true);
}
