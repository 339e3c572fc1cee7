type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** The fields that say something: without those that are undefined. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  const kept: Present<Fields> = {};
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key] as never;
  return kept;
}
