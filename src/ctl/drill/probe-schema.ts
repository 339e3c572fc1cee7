import type { DatabaseView } from './database.ts';

/** Where the probe's table is made, or why there is no such place, in one sentence. */
export type SchemaChoice =
  | { readonly ok: true; readonly schema: string }
  | { readonly ok: false; readonly why: string };

/**
 * The schema that was asked for, or the first of the search path, in which the user may make a
 * table. Never one from which a publication would send the table to subscribers: they do not have
 * it, and their subscription would stop.
 */
export function chooseSchema(view: DatabaseView, wanted: string | undefined): SchemaChoice {
  const { path, allowed, user, database, publications } = view;
  const schema = wanted ?? path.find((name) => allowed.includes(name));
  const where = `database ${database}`;
  if (schema === undefined) {
    const others = allowed.length > 0 ? `; it may in ${allowed.join(', ')} (--schema)` : '';
    const why = `${user} may make a table in no schema of its search path in ${where}${others}`;
    return { ok: false, why };
  }
  if (!allowed.includes(schema)) {
    return { ok: false, why: `${user} may not make a table in schema ${schema} of ${where}` };
  }
  const publication = publications.find((one) => one.schema === '' || one.schema === schema);
  if (publication) {
    const sends = `publication ${publication.name} would send the probe's table to subscribers`;
    return { ok: false, why: `${sends}: take another --dbname, or --probe read` };
  }
  return { ok: true, schema };
}
