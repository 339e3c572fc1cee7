/** The words of `-f`, as patronictl knows them. */
export const FORMATS = ['pretty', 'tsv', 'json', 'yaml', 'yml'] as const;
